-- Who of the branch could take accounts over, who has most room first: those whom
-- the coverage rule counts. A month published before that was kept has all in post.
select
    loads.manager_id,
    loads.manager_kind,
    loads.accounts,
    loads.accounts_per_manager,
    coalesce(
        loads.free_places, greatest(loads.accounts_per_manager - loads.accounts, 0)
    ) as free_places,
    loads.total_load_pct,
    loads.open_tasks

from marts.fct_manager_loads as loads

where
    loads.month = %(month)s
    and loads.coverage_rule_id = 'group'
    and loads.branch_id = %(branch)s
    and loads.manager_id <> %(manager)s
    and coalesce(loads.is_counted, loads.is_in_post)

order by
    free_places desc,
    loads.total_load_pct asc nulls last,
    loads.accounts asc,
    loads.manager_id asc
