-- Each group of conditions is one bit; a lead must have the bits of all its groups.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

lead_rules as (

    select * from {{ ref('lead_rules') }}

),

conditions as (

    select * from {{ ref('lead_conditions') }}

),

final as (

    select
        lead_rules.lead_rule_id,
        lead_rules.version as lead_rule_version,
        lead_rules.scorecard_id,
        months.month,
        bit_or(1 << conditions.condition_group) as required_groups
        {%- for metric in lead_metrics() %},
        bit_or(1 << conditions.condition_group)
            filter (where conditions.metric = '{{ metric }}') as {{ metric }}_group,
        max(conditions.threshold) filter (
            where
                conditions.metric = '{{ metric }}'
                and conditions.comparison = 'at_least'
        ) as {{ metric }}_at_least,
        max(conditions.threshold) filter (
            where conditions.metric = '{{ metric }}' and conditions.comparison = 'below'
        ) as {{ metric }}_below
        {%- endfor %}

    from lead_rules

    inner join months
        on {{ is_rule_in_force('lead_rules', 'months.month') }}

    inner join conditions
        on
            lead_rules.lead_rule_id = conditions.lead_rule_id
            and lead_rules.version = conditions.version
            -- Group 0 raises the priority and decides nothing.
            and conditions.condition_group > 0

    group by 1, 2, 3, 4

)

select * from final
