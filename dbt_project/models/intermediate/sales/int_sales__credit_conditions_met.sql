-- The worst status of which an account meets a condition, with all that it meets.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

metrics as (

    select * from {{ ref('int_sales__credit_metrics_measured') }}

),

credit_rules as (

    select * from {{ ref('credit_rules') }}

),

conditions as (

    select * from {{ ref('credit_conditions') }}

),

asked as (

    select
        metrics.month,
        metrics.group_account_id,
        conditions.credit_status,
        conditions.status_order,
        conditions.metric,
        conditions.comparison,
        conditions.threshold,
        conditions.wanted_value,
        case conditions.metric
            when 'average_arrears_rate_pct' then metrics.average_arrears_rate_pct
            when 'average_arrears_amount' then metrics.average_arrears_amount
            when 'overdue_share_pct' then metrics.overdue_share_pct
            when 'collection_cycle_days' then metrics.collection_cycle_days
        end as value,
        case when conditions.metric = 'credit_grade' then metrics.credit_grade end
            as text_value

    from metrics

    inner join months
        on metrics.month = months.month

    inner join credit_rules
        on {{ is_rule_in_force('credit_rules', 'months.month') }}

    inner join conditions
        on
            credit_rules.credit_rule_id = conditions.credit_rule_id
            and credit_rules.version = conditions.version

),

final as (

    select
        month,
        group_account_id,
        (array_agg(credit_status order by status_order desc, metric asc))[1]
            as credit_status,
        jsonb_agg(
            jsonb_build_object(
                'status', credit_status,
                'metric', metric,
                'value', coalesce(to_jsonb(trim_scale(value)), to_jsonb(text_value)),
                'comparison', comparison,
                'threshold', coalesce(to_jsonb(threshold), to_jsonb(wanted_value))
            )
            order by status_order desc, metric asc, comparison asc
        ) as evidence

    from asked

    where
        case comparison
            when 'at_least' then value >= threshold
            when 'below' then value < threshold
            when 'is' then text_value = wanted_value
        end

    group by month, group_account_id

)

select * from final
