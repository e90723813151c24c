-- One row per reported month and account: its tier by every scorecard that scores it,
-- and rank and score of the one that decides who is served first.
with

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

coverage_rules as (

    select * from {{ ref('coverage_rules') }}

),

graded as (

    select
        tiers.month,
        tiers.group_account_id,
        tiers.scorecard_id,
        tiers.effective_tier,
        tiers.value_rank,
        tiers.population,
        scores.total_points,
        scores.completeness_pct,
        coverage_rules.scorecard_id is not null as is_leading,
        tiers.tier_band = any(
            string_to_array(coverage_rules.served_tier_bands, ' ')
        ) as is_top_tier

    from tiers

    inner join scores
        on
            tiers.scorecard_id = scores.scorecard_id
            and tiers.month = scores.month
            and tiers.group_account_id = scores.group_account_id

    left join coverage_rules
        on
            tiers.scorecard_id = coverage_rules.scorecard_id
            and coverage_rules.customer_kind = 'group'
            and {{ is_rule_in_force('coverage_rules', 'tiers.month') }}

),

final as (

    select
        month,
        group_account_id,
        jsonb_object_agg(scorecard_id, effective_tier) as tiers,
        max(scorecard_id) filter (where is_leading) as scorecard_id,
        max(effective_tier) filter (where is_leading) as effective_tier,
        coalesce(bool_or(is_top_tier) filter (where is_leading), false)
            as is_top_tier,
        max(value_rank) filter (where is_leading) as value_rank,
        max(population) filter (where is_leading) as population,
        round(max(total_points) filter (where is_leading) / 100.0, 2) as total_score,
        max(completeness_pct) filter (where is_leading) as completeness_pct

    from graded

    group by month, group_account_id

)

select * from final
