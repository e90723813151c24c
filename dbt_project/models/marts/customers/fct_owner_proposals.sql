-- One account after the other, the most valuable first, goes to a manager of its branch
-- with a place free: of a kind that should own it and with accounts of its industry
-- before others of that kind, these before anybody; then whoever holds the fewest.
with recursive

queue as (

    select * from {{ ref('int_scoring__moves_queued') }}

),

key_accounts as (

    select * from {{ ref('int_scoring__key_accounts_ranked') }}

),

managers as (

    select * from {{ ref('int_scoring__managers_loaded') }}
    where is_counted and accounts < accounts_per_manager

),

industries as (

    select
        month,
        coverage_rule_id,
        manager_id,
        array_agg(distinct industry) as held_industries

    from key_accounts

    where industry is not null

    group by month, coverage_rule_id, manager_id

),

free as (

    select
        managers.month,
        managers.coverage_rule_id,
        managers.branch_id,
        managers.manager_id,
        managers.manager_kind,
        industries.held_industries,
        managers.accounts,
        managers.accounts_per_manager

    from managers

    left join industries
        on
            managers.month = industries.month
            and managers.coverage_rule_id = industries.coverage_rule_id
            and managers.manager_id = industries.manager_id

),

-- Each turn knows what the ones before it took: how many accounts by manager.
placed (
    month, coverage_rule_id, branch_id, turn, manager_id, fit_order, taken
) as (

    select distinct
        month,
        coverage_rule_id,
        branch_id,
        0::bigint as turn,
        null::text as manager_id,
        null::integer as fit_order,
        '{}'::jsonb as taken

    from free

    union all

    select
        month,
        coverage_rule_id,
        branch_id,
        turn,
        manager_id,
        fit_order,
        taken || jsonb_build_object(manager_id, taken_before + 1) as taken

    from (
        select
            queue.month,
            queue.coverage_rule_id,
            queue.branch_id,
            queue.turn,
            free.manager_id,
            offers.fit_order,
            placed.taken,
            offers.taken_before,
            row_number() over (
                partition by queue.month, queue.coverage_rule_id, queue.branch_id
                order by
                    offers.fit_order asc,
                    free.accounts + offers.taken_before asc,
                    free.manager_id asc
            ) as choice

        from placed

        inner join queue
            on
                placed.month = queue.month
                and placed.coverage_rule_id = queue.coverage_rule_id
                and placed.branch_id = queue.branch_id
                and placed.turn + 1 = queue.turn

        inner join free
            on
                queue.month = free.month
                and queue.coverage_rule_id = free.coverage_rule_id
                and queue.branch_id = free.branch_id

        cross join
            lateral (
                select
                    coalesce((placed.taken ->> free.manager_id)::integer, 0)
                        as taken_before,
                    case
                        when
                            (
                                free.manager_kind
                                = any(string_to_array(queue.manager_kinds, ' '))
                            ) is not true
                            then 3
                        when queue.industry = any(free.held_industries) then 1
                        else 2
                    end as fit_order
            ) as offers

        where free.accounts + offers.taken_before < free.accounts_per_manager
    ) as choices

    where choice = 1

),

final as (

    select
        queue.month,
        queue.coverage_rule_id,
        queue.customer_id,
        queue.group_account_id,
        queue.branch_id,
        queue.effective_tier,
        queue.industry,
        queue.reason,
        queue.manager_id,
        placed.manager_id as manager_id_proposed,
        (array['industry', 'kind', 'any'])[placed.fit_order] as fit,
        queue.manager_kinds,
        queue.owner_kind_rule_version

    from queue

    left join placed
        on
            queue.month = placed.month
            and queue.coverage_rule_id = placed.coverage_rule_id
            and queue.branch_id = placed.branch_id
            and queue.turn = placed.turn

)

select * from final
