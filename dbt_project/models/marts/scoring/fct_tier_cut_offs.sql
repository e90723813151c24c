-- What it took to be in a tier: the bar that accounts near it are compared with.
with

cut_offs as (

    select * from {{ ref('int_scoring__cut_offs_computed') }}

),

versions as (

    select * from {{ ref('int_scoring__versions_selected') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

scores as (

    select * from {{ ref('fct_account_scores') }}

),

-- Sub-tiers share the bar: what parts them is X against Y, not the total.
bands_reached as (

    select
        scores.scorecard_id,
        scores.month,
        scores.partition_id,
        cut_offs.tier_band,
        min(scores.total_points) as lowest_points,
        max(scores.value_rank) as last_rank

    from scores

    inner join cut_offs
        on
            scores.scorecard_id = cut_offs.scorecard_id
            and scores.month = cut_offs.month
            and scores.partition_id = cut_offs.partition_id
            and scores.raw_tier = cut_offs.tier

    group by
        scores.scorecard_id,
        scores.month,
        scores.partition_id,
        cut_offs.tier_band

),

final as (

    select
        cut_offs.scorecard_id,
        cut_offs.month,
        cut_offs.partition_id,
        cut_offs.tier,
        cut_offs.tier_band,
        tier_rules.tier_order,
        versions.scorecard_version,
        -- Where scores decide, every rank qualifies.
        case
            when versions.cut_off_basis = 'rank_share' then cut_offs.rank_from
        end as rank_from,
        case
            when versions.cut_off_basis = 'rank_share' then cut_offs.rank_to
        end as rank_to,
        bands_reached.last_rank,
        case versions.cut_off_basis
            when 'rank_share' then bands_reached.lowest_points
            else cut_offs.points_from
        end as points_needed

    from cut_offs

    inner join versions
        on
            cut_offs.scorecard_id = versions.scorecard_id
            and cut_offs.month = versions.month

    inner join tier_rules
        on
            versions.scorecard_id = tier_rules.scorecard_id
            and versions.scorecard_version = tier_rules.version
            and cut_offs.tier = tier_rules.tier

    left join bands_reached
        on
            cut_offs.scorecard_id = bands_reached.scorecard_id
            and cut_offs.month = bands_reached.month
            and cut_offs.partition_id = bands_reached.partition_id
            and cut_offs.tier_band = bands_reached.tier_band

)

select * from final
