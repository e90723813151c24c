-- Guards S2-14: the province holds the key accounts of its branches and needs no more
-- managers than they do, every account without an owner in post is to be moved, and
-- nobody is proposed more than can be served of all rules together, but for what a
-- percentage of two decimals rounds off.
with

coverage as (

    select * from {{ ref('fct_manager_coverage') }}

),

proposals as (

    select * from {{ ref('fct_owner_proposals') }}

),

loads as (

    select * from {{ ref('fct_manager_loads') }}

),

branches_summed as (

    select
        month,
        coverage_rule_id,
        sum(key_accounts) as key_accounts,
        sum(managers_needed) as managers_needed,
        sum(accounts_without_owner + accounts_of_unknown + accounts_of_absent)
            as ownerless_accounts

    from coverage

    where branch_id <> 'all'

    group by month, coverage_rule_id

),

moved as (

    select
        month,
        coverage_rule_id,
        count(*) filter (where reason <> 'overloaded') as ownerless_accounts

    from proposals

    group by month, coverage_rule_id

),

taken as (

    select
        month,
        coverage_rule_id,
        manager_id_proposed as manager_id,
        count(*) as accounts

    from proposals

    where manager_id_proposed is not null

    group by month, coverage_rule_id, manager_id_proposed

),

laden as (

    select
        taken.month,
        taken.manager_id,
        min(taken.coverage_rule_id) as coverage_rule_id

    from taken

    left join loads
        on
            taken.month = loads.month
            and taken.coverage_rule_id = loads.coverage_rule_id
            and taken.manager_id = loads.manager_id

    group by taken.month, taken.manager_id

    having
        coalesce(
            max(loads.total_load_pct)
            + sum(100.0 * taken.accounts / loads.accounts_per_manager)
            > 100.005,
            true
        )
        or bool_or(coalesce(taken.accounts > loads.free_places, true))

)

select
    coverage.month,
    coverage.coverage_rule_id,
    'province' as what

from coverage

inner join branches_summed
    on
        coverage.month = branches_summed.month
        and coverage.coverage_rule_id = branches_summed.coverage_rule_id

left join moved
    on
        coverage.month = moved.month
        and coverage.coverage_rule_id = moved.coverage_rule_id

where
    coverage.branch_id = 'all'
    and (
        coverage.key_accounts <> branches_summed.key_accounts
        or coverage.managers_needed > branches_summed.managers_needed
        or branches_summed.ownerless_accounts <> coalesce(moved.ownerless_accounts, 0)
    )

union all

select
    month,
    coverage_rule_id,
    manager_id as what

from laden
