-- Shares of a population become ranks here, so that a tier can be read off (S0-20 to
-- S0-23). Where scores decide, every rank qualifies, and the other way round.
with

versions as (

    select * from {{ ref('int_scoring__versions_selected') }}

),

ranks as (

    select * from {{ ref('int_scoring__accounts_ranked') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

populations as (

    select
        scorecard_id,
        month,
        partition_id,
        count(*) as population

    from ranks

    group by scorecard_id, month, partition_id

),

final as (

    select
        populations.scorecard_id,
        populations.month,
        populations.partition_id,
        tier_rules.tier,
        tier_rules.tier_code,
        tier_rules.tier_band,
        tier_rules.tier_order,
        tier_rules.sub_tier_rule,
        case
            when versions.cut_off_basis = 'rank_share'
                then {{ round_count(
                    'populations.population * tier_rules.share_from_pct / 100',
                    'versions.rounding'
                ) }} + 1
            else 1
        end as rank_from,
        case
            when versions.cut_off_basis = 'rank_share'
                then {{ round_count(
                    'populations.population * tier_rules.share_to_pct / 100',
                    'versions.rounding'
                ) }}
            else populations.population
        end as rank_to,
        coalesce((tier_rules.score_from * 100)::integer, 0) as points_from,
        (tier_rules.score_to * 100)::integer as points_to

    from populations

    inner join versions
        on
            populations.scorecard_id = versions.scorecard_id
            and populations.month = versions.month

    inner join tier_rules
        on
            versions.scorecard_id = tier_rules.scorecard_id
            and versions.scorecard_version = tier_rules.version
            -- The tier of the unclassified has neither shares nor scores.
            and coalesce(
                tier_rules.share_to_pct, tier_rules.score_from, tier_rules.score_to
            ) is not null

)

select * from final
