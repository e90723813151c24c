-- The points of all conditions met, up to 100 per cent; with each of them as evidence.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

metrics as (

    select * from {{ ref('int_service__loss_metrics_measured') }}

),

loss_rules as (

    select * from {{ ref('loss_rules') }}

),

conditions as (

    select * from {{ ref('loss_conditions') }}

),

judged as (

    select
        metrics.month,
        metrics.group_account_id,
        loss_rules.loss_rule_id,
        loss_rules.version as loss_rule_version,
        metrics.metric,
        metrics.value,
        conditions.comparison,
        conditions.threshold,
        conditions.likelihood_points,
        case conditions.comparison
            when 'at_least' then metrics.value >= conditions.threshold
            when 'below' then metrics.value < conditions.threshold
        end as is_met

    from metrics

    inner join months
        on metrics.month = months.month

    inner join loss_rules
        on {{ is_rule_in_force('loss_rules', 'months.month') }}

    inner join conditions
        on
            loss_rules.loss_rule_id = conditions.loss_rule_id
            and loss_rules.version = conditions.version
            and metrics.metric = conditions.metric

),

final as (

    select
        month,
        group_account_id,
        loss_rule_id,
        loss_rule_version,
        count(distinct metric)::integer as known_metrics,
        least(
            coalesce(sum(likelihood_points) filter (where is_met), 0), 100
        ) as likelihood_pct,
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'metric', metric,
                    'value', trim_scale(round(value, 2)),
                    'comparison', comparison,
                    'threshold', threshold,
                    'points', likelihood_points
                )
                order by metric, threshold, comparison
            ) filter (where is_met),
            '[]'
        ) as evidence

    from judged

    group by month, group_account_id, loss_rule_id, loss_rule_version

)

select * from final
