-- How many ranked accounts each band holds (A.6.4): of each indicator, and of the total
-- score, whose bands are the tiers.
with

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where is_active and is_identified

),

indicators as (

    select * from {{ ref('indicators') }}

),

card_indicators as (

    select * from {{ ref('scorecard_indicators') }}

),

placed as (

    select
        scores.scorecard_id,
        scores.scorecard_version,
        scores.month,
        accounts.branch_id,
        scores.bands,
        scores.points,
        scores.total_points,
        tiers.raw_tier

    from scores

    inner join accounts
        on
            scores.month = accounts.month
            and scores.group_account_id = accounts.group_account_id

    inner join tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.month = tiers.month
            and scores.group_account_id = tiers.group_account_id

),

items as (

    select
        placed.scorecard_id,
        placed.scorecard_version,
        placed.month,
        placed.branch_id,
        card_indicators.indicator_id as item,
        coalesce(placed.bands[indicators.position]::text, 'missing') as band,
        placed.points[indicators.position] as points

    from placed

    inner join card_indicators
        on
            placed.scorecard_id = card_indicators.scorecard_id
            and placed.scorecard_version = card_indicators.version

    inner join indicators
        on card_indicators.indicator_id = indicators.indicator_id

    union all

    select
        scorecard_id,
        scorecard_version,
        month,
        branch_id,
        'total' as item,
        raw_tier as band,
        total_points as points

    from placed

),

final as (

    select
        scorecard_id,
        scorecard_version,
        month,
        branch_id,
        item,
        band,
        count(*)::integer as account_count,
        sum(coalesce(points, 0))::bigint as points_sum,
        round(
            100.0 * count(*) / sum(count(*)) over (
                partition by scorecard_id, month, branch_id, item
            ),
            2
        ) as account_share_pct

    from items

    group by scorecard_id, scorecard_version, month, branch_id, item, band

)

select * from final
