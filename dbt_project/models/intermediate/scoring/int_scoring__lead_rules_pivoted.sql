-- Each group of conditions is one bit; a lead must have the bits of all its groups.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

lead_rules as (

    select * from {{ ref('lead_rules') }}

),

lead_conditions as (

    select * from {{ ref('lead_conditions') }}

),

-- Group 0 raises the priority and decides nothing.
conditions as (

    select
        lead_rule_id,
        version,
        metric,
        metric || ' ' || comparison as metric_comparison,
        threshold,
        1 << condition_group as group_bit

    from lead_conditions

    where condition_group > 0

),

final as (

    select
        lead_rules.lead_rule_id,
        lead_rules.version as lead_rule_version,
        lead_rules.scorecard_id,
        months.month,
        {%- for metric in lead_metrics().split() %}
        bit_or(
            case when conditions.metric = '{{ metric }}' then conditions.group_bit end
        ) as {{ metric }}_group,
        max(
            case
                when conditions.metric_comparison = '{{ metric }} at_least'
                    then conditions.threshold
            end
        ) as {{ metric }}_at_least,
        max(
            case
                when conditions.metric_comparison = '{{ metric }} below'
                    then conditions.threshold
            end
        ) as {{ metric }}_below,
        {%- endfor %}
        bit_or(conditions.group_bit) as required_groups

    from lead_rules

    inner join months
        on {{ is_rule_in_force('lead_rules', 'months.month') }}

    inner join conditions
        on
            lead_rules.lead_rule_id = conditions.lead_rule_id
            and lead_rules.version = conditions.version

    group by
        lead_rules.lead_rule_id,
        lead_rules.version,
        lead_rules.scorecard_id,
        months.month

)

select * from final
