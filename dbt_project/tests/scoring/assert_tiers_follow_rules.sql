-- |A| = round(0.10 N), |A and B| = round(0.30 N), X >= Y tells sub-tiers apart, and
-- only a recorded override moves an account (S0-20 to S0-26). Counted anew from the
-- rule rows.
with

scores as (

    select * from {{ ref('fct_account_scores') }}

),

scorecards as (

    select * from {{ ref('scorecards') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

tiers as (

    select
        scores.scorecard_id,
        scores.scorecard_version,
        scores.month,
        scores.partition_id,
        scores.raw_tier,
        max(scores.population) as population,
        count(*) as accounts,
        count(*) filter (where scores.x_points < scores.y_points) as accounts_below,
        sum(
            case
                when scores.effective_tier = scores.suggested_tier then 0
                when scores.override_id is not null then 0
                else 1
            end
        ) as accounts_moved

    from scores

    where scores.partition_id is not null

    group by 1, 2, 3, 4, 5

),

shares as (

    select
        tiers.scorecard_id,
        tiers.month,
        tiers.partition_id,
        tier_rules.tier_band,
        sum(tiers.accounts) as accounts,
        max(
            round(tiers.population * tier_rules.share_to_pct / 100)
            - round(tiers.population * tier_rules.share_from_pct / 100)
        ) as accounts_by_rule,
        bool_or(tier_rules.sub_tier_rule = 'x_ge_y' and tiers.accounts_below > 0)
        or bool_or(
            tier_rules.sub_tier_rule = 'x_lt_y'
            and tiers.accounts_below < tiers.accounts
        ) as has_wrong_sub_tier,
        sum(tiers.accounts_moved) as accounts_moved,
        bool_and(
            scorecards.cut_off_basis = 'rank_share'
            and scorecards.ties = 'break'
            and scorecards.rounding = 'half_up'
        ) as is_counted

    from tiers

    inner join scorecards
        on
            tiers.scorecard_id = scorecards.scorecard_id
            and tiers.scorecard_version = scorecards.version

    left join tier_rules
        on
            tiers.scorecard_id = tier_rules.scorecard_id
            and tiers.scorecard_version = tier_rules.version
            and tiers.raw_tier = tier_rules.tier

    group by 1, 2, 3, 4

)

select
    scorecard_id,
    month,
    partition_id,
    tier_band,
    accounts,
    accounts_by_rule,
    has_wrong_sub_tier,
    accounts_moved

from shares

where
    tier_band is null
    or has_wrong_sub_tier
    or accounts_moved > 0
    or (is_counted and accounts <> accounts_by_rule)
