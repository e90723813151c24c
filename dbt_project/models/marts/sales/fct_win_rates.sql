-- A row for all, one per branch, and within a branch one per manager and per product;
-- across branches one per product.
with

outcomes as (

    select * from {{ ref('int_sales__outcomes_listed') }}

),

counted as (

    select
        month,
        funnel_rule_version,
        case when grouping(branch_id) = 1 then 'all' else branch_id end as branch_id,
        case when grouping(manager_id) = 1 then 'all' else manager_id end as manager_id,
        case when grouping(product_code) = 1 then 'all' else product_code end
            as product_code,
        count(*) filter (where outcome = 'won')::integer as won_count,
        count(*) filter (where outcome = 'lost')::integer as lost_count,
        count(*) filter (where outcome = 'won' and is_from_prospect)::integer
            as won_from_prospects,
        count(*) filter (where outcome = 'withdrawn')::integer as withdrawn_count,
        coalesce(sum(expected_amount) filter (where outcome = 'won'), 0) as won_amount,
        coalesce(sum(expected_amount) filter (where outcome = 'lost'), 0)
            as lost_amount,
        round(avg(days_to_end) filter (where outcome = 'won'), 1) as mean_days_to_win

    from outcomes

    group by grouping sets (
        (month, funnel_rule_version),
        (month, funnel_rule_version, branch_id),
        (month, funnel_rule_version, branch_id, manager_id),
        (month, funnel_rule_version, branch_id, product_code),
        (month, funnel_rule_version, product_code)
    )

),

final as (

    select
        month,
        branch_id,
        manager_id,
        product_code,
        funnel_rule_version,
        won_count,
        lost_count,
        withdrawn_count,
        won_from_prospects,
        won_amount,
        lost_amount,
        round(100.0 * won_count / nullif(won_count + lost_count, 0), 2)
            as win_rate_pct,
        round(100.0 * won_amount / nullif(won_amount + lost_amount, 0), 2)
            as amount_win_rate_pct,
        mean_days_to_win

    from counted

)

select * from final
