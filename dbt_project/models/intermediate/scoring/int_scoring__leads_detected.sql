-- A lead meets one condition of each group; an unknown value meets none.
with

metrics as (

    select * from {{ ref('int_scoring__lead_metrics_measured') }}

),

rules as (

    select * from {{ ref('int_scoring__lead_rules_pivoted') }}

),

conditions as (

    select * from {{ ref('lead_conditions') }}

),

names as (

    select * from {{ ref('lead_metrics') }}

),

found as (

    select
        rules.lead_rule_id,
        rules.lead_rule_version,
        metrics.scorecard_id,
        metrics.month,
        metrics.group_account_id,
        {%- for metric in lead_metrics().split() %}
        metrics.{{ metric }}::numeric as {{ metric }},
        {%- endfor %}
        metrics.look_alike_features,
        metrics.manager_id

    from metrics

    inner join rules
        on
            metrics.scorecard_id = rules.scorecard_id
            and metrics.month = rules.month

    where
        rules.required_groups = (
            {%- for metric in lead_metrics().split() %}
            case
                when
                    metrics.{{ metric }} >= rules.{{ metric }}_at_least
                    or metrics.{{ metric }} < rules.{{ metric }}_below
                    then rules.{{ metric }}_group
                else 0
            end{{ ' | ' if not loop.last }}
            {%- endfor %}
        )

),

evidence as (

    select
        found.lead_rule_id,
        found.month,
        found.group_account_id,
        conditions.condition_group,
        conditions.metric,
        conditions.comparison,
        conditions.threshold,
        jsonb_build_object(
            'name', names.name_en, 'name_zh', names.name_zh, 'unit', names.unit
        )
        -- What it is alike in: nothing, if nothing is known of it.
        || case conditions.metric
            when 'look_alike_points'
                then
                    jsonb_build_object(
                        'features', coalesce(found.look_alike_features, '[]')
                    )
            else '{}'
        end as told,
        case conditions.metric
            {%- for metric in lead_metrics().split() %}
            when '{{ metric }}' then found.{{ metric }}
            {%- endfor %}
        end as value

    from found

    inner join conditions
        on
            found.lead_rule_id = conditions.lead_rule_id
            and found.lead_rule_version = conditions.version

    left join names
        on conditions.metric = names.metric

),

judged as (

    select
        lead_rule_id,
        month,
        group_account_id,
        condition_group,
        metric,
        comparison,
        threshold,
        told,
        value,
        coalesce(
            case comparison
                when 'at_least' then value >= threshold
                when 'below' then value < threshold
            end,
            false
        ) as is_met

    from evidence

),

summarised as (

    select
        lead_rule_id,
        month,
        group_account_id,
        bool_or(is_met and condition_group = 0) as is_raised,
        jsonb_agg(
            jsonb_build_object(
                'group', condition_group,
                'metric', metric,
                -- Bounds judge the whole value, people read two decimals of it.
                'value', trim_scale(round(value, 2)),
                'comparison', comparison,
                'threshold', threshold,
                'is_met', is_met
            )
            || told
            order by condition_group, metric, comparison
        ) as evidence

    from judged

    group by lead_rule_id, month, group_account_id

),

final as (

    select
        found.lead_rule_id,
        found.lead_rule_version,
        found.scorecard_id,
        found.month,
        found.group_account_id,
        found.manager_id,
        summarised.is_raised,
        summarised.evidence

    from found

    inner join summarised
        on
            found.lead_rule_id = summarised.lead_rule_id
            and found.month = summarised.month
            and found.group_account_id = summarised.group_account_id

)

select * from final
