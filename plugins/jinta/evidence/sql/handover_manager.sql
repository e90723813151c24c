-- The manager as listed when the month was published; a number that accounts name and no
-- list knows has a row, too. `accounts` are counted as the pack lists them; key accounts
-- are those that count against the most that one manager may hold.
with

named as (

    select
        managers.manager_id,
        managers.branch_id,
        managers.manager_kind,
        managers.posted_date,
        managers.left_date,
        {person}(managers.manager_name) as manager_name

    from raw.crm__managers as managers

    where
        managers.manager_id = %(manager)s
        and managers._first_load_id <= %(known_load)s
        and coalesce(managers._last_load_id > %(known_load)s, true)

    order by managers._system

    limit 1

),

loads as (

    select
        sum(loads.accounts) filter (where loads.coverage_rule_id = 'group')
            as key_accounts,
        max(loads.accounts_per_manager) filter (where loads.coverage_rule_id = 'group')
            as accounts_per_manager,
        -- One load of all rules: groups and individuals take places of each other.
        max(loads.total_load_pct) as total_load_pct,
        min(loads.free_places) filter (where loads.coverage_rule_id = 'group')
            as free_places

    from marts.fct_manager_loads as loads

    where
        loads.month = %(month)s
        and loads.manager_id = %(manager)s

),

held as (

    select count(*) as accounts

    from marts.fct_account_overviews as overviews

    where
        overviews.month = %(month)s
        and overviews.manager_id = %(manager)s
        and overviews.is_identified

),

pursued as (

    select count(*) as prospects

    from marts.dim_prospects as prospects

    where
        prospects.month = %(month)s
        and prospects.manager_id = %(manager)s
        and prospects.is_active

)

select
    %(manager)s as manager_id,
    named.manager_name,
    named.branch_id,
    named.manager_kind,
    named.posted_date,
    named.left_date,
    named.manager_id is not null as is_listed,
    held.accounts > 0 or exists (
        select from raw.crm__accounts as records
        where
            records.manager_id = %(manager)s
            and records._first_load_id <= %(known_load)s
    ) as is_named,
    held.accounts,
    pursued.prospects,
    coalesce(loads.key_accounts, 0) as key_accounts,
    loads.accounts_per_manager,
    loads.total_load_pct,
    loads.free_places

from loads

cross join held

cross join pursued

left join named on true
