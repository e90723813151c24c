with

queue as (

    select * from {{ ref('int_scoring__moves_queued') }}

),

chosen as (

    select * from {{ ref('int_scoring__owners_chosen') }}

),

final as (

    select
        queue.month,
        queue.coverage_rule_id,
        queue.customer_id,
        queue.group_account_id,
        queue.branch_id,
        queue.effective_tier,
        queue.county_name,
        queue.industry,
        queue.reason,
        queue.manager_id,
        chosen.manager_id as manager_id_proposed,
        (array['own', 'held', 'kind', 'any'])[chosen.fit_order] as fit,
        queue.manager_kinds,
        queue.matched_by,
        queue.owner_kind_rule_version

    from queue

    left join chosen
        on
            queue.month = chosen.month
            and queue.branch_id = chosen.branch_id
            and queue.turn = chosen.turn

)

select * from final
