-- Share of each sub-tier in its band, with the bounds that the version sets itself.
with

scores as (

    select
        tiers.tier_band,
        tiers.tier,
        tiers.tier_order,
        count(*) as accounts

    from marts.fct_account_scores as scores

    inner join marts.dim_scorecard_tiers as tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.scorecard_version = tiers.scorecard_version
            and scores.raw_tier = tiers.tier
            and tiers.sub_tier_rule is not null

    where
        scores.scorecard_id = %(scorecard)s
        and scores.month = %(month)s
        and not scores.is_provisional

    group by tiers.tier_band, tiers.tier, tiers.tier_order

)

select
    scores.tier_band,
    scores.tier,
    scores.accounts,
    round(
        100.0 * scores.accounts / sum(scores.accounts) over (
            partition by scores.tier_band
        ),
        2
    ) as share_pct,
    scorecards.min_sub_tier_share_pct,
    scorecards.max_sub_tier_share_pct

from scores

left join rules.scorecards as scorecards
    on
        scorecards.scorecard_id = %(scorecard)s
        and scorecards.version = %(version)s

order by scores.tier_order
