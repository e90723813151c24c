{{ config(severity='warn') }}

-- Sub-tiers say something only if neither X nor Y always wins (A.6.1): otherwise the
-- bands of one dimension are mis-set and the next version should freeze new ones.
-- Provisional accounts lack a dimension, so they say nothing about its bands.
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

bands as (

    select
        scores.scorecard_id,
        scores.scorecard_version,
        scores.month,
        tier_rules.tier_band,
        count(*) as accounts,
        round(
            100.0 * count(*) filter (where tier_rules.sub_tier_rule = 'x_ge_y')
            / count(*),
            2
        ) as sub_tier_share_pct

    from scores

    inner join tier_rules
        on
            scores.scorecard_id = tier_rules.scorecard_id
            and scores.scorecard_version = tier_rules.version
            and scores.raw_tier = tier_rules.tier
            and tier_rules.sub_tier_rule in ('x_ge_y', 'x_lt_y')

    where not scores.is_provisional

    group by 1, 2, 3, 4

)

select
    bands.scorecard_id,
    bands.scorecard_version,
    bands.month,
    bands.tier_band,
    bands.accounts,
    bands.sub_tier_share_pct,
    scorecards.min_sub_tier_share_pct,
    scorecards.max_sub_tier_share_pct

from bands

inner join scorecards
    on
        bands.scorecard_id = scorecards.scorecard_id
        and bands.scorecard_version = scorecards.version

where
    bands.sub_tier_share_pct
    not between scorecards.min_sub_tier_share_pct and scorecards.max_sub_tier_share_pct
