-- One row per reported month, branch and turn: the manager whom it takes, if any. The
-- best fit goes first, then whoever has most of their load free, then the least number.
-- Each turn knows what the ones before it took: a branch is one row of arrays, what its
-- turns ask for and what is free by manager, so that a turn reads nothing else.
with recursive

queue as (

    select * from {{ ref('int_scoring__moves_queued') }}

),

offers as (

    select * from {{ ref('int_scoring__offers_weighed') }}

),

turns as (

    select
        month,
        branch_id,
        array_agg(request order by turn) as requests

    from queue

    group by month, branch_id

),

requests as (

    select
        month,
        branch_id,
        request,
        load_share,
        array_agg(manager_id order by manager_id) as managers,
        array_agg(free_load order by manager_id) as free_loads,
        array_agg(fit_order order by manager_id) as fits

    from offers

    group by month, branch_id, request, load_share

),

branches as (

    select
        turns.month,
        turns.branch_id,
        min(turns.requests) as requests,
        min(requests.managers) as managers,
        min(requests.free_loads) as free_loads,
        array_agg(requests.fits order by requests.request) as fits,
        array_agg(requests.load_share order by requests.request) as load_shares

    from turns

    inner join requests
        on
            turns.month = requests.month
            and turns.branch_id = requests.branch_id

    group by turns.month, turns.branch_id

),

-- A row says whom its turn took, and what the next one asks for.
placed (month, branch_id, turn, chosen, request, free_loads) as (

    select
        month,
        branch_id,
        0 as turn,
        null::integer as chosen,
        requests[1] as request,
        free_loads

    from branches

    union all

    select
        placed.month,
        placed.branch_id,
        placed.turn + 1 as turn,
        choices.chosen,
        branches.requests[placed.turn + 2] as request,
        case
            when choices.chosen is null then placed.free_loads
            else
                placed.free_loads[:choices.chosen - 1]
                || (
                    placed.free_loads[choices.chosen]
                    - branches.load_shares[placed.request]
                )
                || placed.free_loads[choices.chosen + 1:]
        end as free_loads

    from placed

    inner join branches
        on
            placed.month = branches.month
            and placed.branch_id = branches.branch_id

    left join
        lateral (
            select chosen

            from generate_subscripts(placed.free_loads, 1) as chosen

            where
                branches.fits[placed.request][chosen] > 0
                and placed.free_loads[chosen] >= branches.load_shares[placed.request]

            order by
                branches.fits[placed.request][chosen] asc,
                placed.free_loads[chosen] desc,
                chosen asc

            limit 1
        ) as choices
        on true

    where placed.request is not null

),

final as (

    select
        branches.month,
        branches.branch_id,
        placed.turn,
        branches.managers[placed.chosen] as manager_id,
        branches.fits[branches.requests[placed.turn]][placed.chosen] as fit_order

    from branches

    inner join placed
        on
            branches.month = placed.month
            and branches.branch_id = placed.branch_id

    where placed.turn > 0

)

select * from final
