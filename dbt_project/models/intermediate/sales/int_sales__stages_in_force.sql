-- The funnel's rule, as it is in force in each reported month.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

funnel_rules as (

    select * from {{ ref('funnel_rules') }}

),

funnel_stages as (

    select * from {{ ref('funnel_stages') }}

),

final as (

    select
        months.month,
        months.month_end_date,
        funnel_stages.stage,
        funnel_rules.version as funnel_rule_version,
        funnel_stages.stage_order,
        funnel_stages.stage_kind,
        funnel_stages.name_en as stage_name,
        funnel_stages.name_zh as stage_name_zh,
        funnel_stages.win_probability_pct,
        funnel_stages.stage_order <= funnel_rules.top_stages as is_top,
        funnel_rules.min_top_share_pct,
        funnel_rules.min_top_opportunities,
        funnel_rules.alarm_action,
        (
            months.month
            - make_interval(months => funnel_rules.conversion_months - 1)
        )::date as conversion_from_date,
        (
            months.month
            - make_interval(months => funnel_rules.win_rate_months - 1)
        )::date as win_rate_from_date

    from months

    inner join funnel_rules
        on {{ is_rule_in_force('funnel_rules', 'months.month') }}

    inner join funnel_stages
        on
            funnel_rules.funnel_rule_id = funnel_stages.funnel_rule_id
            and funnel_rules.version = funnel_stages.version

)

select * from final
