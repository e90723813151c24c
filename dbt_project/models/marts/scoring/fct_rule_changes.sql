with

changes as (

    select * from {{ ref('int_scoring__rule_changes_compared') }}

),

final as (

    select
        rule_set,
        rule_version,
        seed_name,
        row_key,
        column_name,
        change_kind,
        is_first_version,
        version_before,
        old_value,
        new_value,
        valid_from,
        recorded_date,
        approver,
        note

    from changes

)

select * from final
