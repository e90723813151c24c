-- One row per reported month, branch, request and manager who is not full: how well
-- they fit. Who is responsible for the county or industry goes before whoever holds
-- accounts of it, these before others of a kind that should own it, these before
-- anybody; who is not counted for the rule has no place for it.
with

queue as (

    select * from {{ ref('int_scoring__moves_queued') }}

),

key_accounts as (

    select * from {{ ref('int_scoring__key_accounts_ranked') }}

),

loads as (

    select * from {{ ref('int_scoring__managers_loaded') }}

),

managers as (

    select * from {{ ref('int_customers__managers_posted') }}

),

requests as (

    select distinct
        month,
        branch_id,
        request,
        coverage_rule_id,
        load_share,
        manager_kinds,
        matched_by,
        matched_value

    from queue

),

free as (

    select
        month,
        branch_id,
        manager_id,
        array_agg(coverage_rule_id) as coverage_rules,
        {{ whole_load() }} - min(total_load) as free_load

    from loads

    where is_counted and total_load < {{ whole_load() }}

    group by month, branch_id, manager_id

),

held as (

    select distinct
        key_accounts.month,
        key_accounts.coverage_rule_id,
        key_accounts.manager_id,
        held_values.matched_by,
        held_values.matched_value

    from key_accounts

    cross join
        lateral (
            values
            ('county', key_accounts.county_name),
            ('industry', key_accounts.industry)
        ) as held_values (matched_by, matched_value)

    where held_values.matched_value is not null

),

final as (

    select
        requests.month,
        requests.branch_id,
        requests.request,
        requests.load_share,
        free.manager_id,
        free.free_load,
        case
            when not requests.coverage_rule_id = any(free.coverage_rules) then 0
            when
                (
                    managers.manager_kind
                    = any(string_to_array(requests.manager_kinds, ' '))
                ) is not true
                then 4
            when
                requests.matched_value = any(
                    string_to_array(
                        case requests.matched_by
                            when 'county' then managers.counties
                            when 'industry' then managers.industries
                        end,
                        ' '
                    )
                )
                then 1
            when held.manager_id is not null then 2
            else 3
        end as fit_order

    from requests

    inner join free
        on
            requests.month = free.month
            and requests.branch_id = free.branch_id

    left join managers
        on
            free.month = managers.month
            and free.manager_id = managers.manager_id

    left join held
        on
            free.month = held.month
            and requests.coverage_rule_id = held.coverage_rule_id
            and free.manager_id = held.manager_id
            and requests.matched_by = held.matched_by
            and requests.matched_value = held.matched_value

)

select * from final
