-- What the version changed in the rows of the one before it.
select
    version_before,
    seed_name,
    row_key,
    change_kind,
    column_name,
    case
        when column_name = 'approver' then {person}(old_value)
        else old_value
    end as old_value,
    case
        when column_name = 'approver' then {person}(new_value)
        else new_value
    end as new_value

from marts.fct_rule_changes

where
    rule_set = 'scorecard ' || %(scorecard)s
    and rule_version = %(version)s
    and not is_first_version

order by
    seed_name asc,
    row_key asc,
    column_name asc
