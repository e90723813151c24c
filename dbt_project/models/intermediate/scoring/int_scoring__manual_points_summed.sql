-- How much of each score people entered, and how much they could have (S0-04).
with

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

ladders as (

    select * from {{ ref('int_scoring__ladders_built') }}

),

dictionary as (

    select * from {{ ref('indicators') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_assigned') }}

),

cards as (

    select
        ladders.scorecard_id,
        ladders.scorecard_version,
        array_agg(ladders.position order by ladders.position) filter (
            where dictionary.is_manual
        ) as manual_positions,
        coalesce(sum(ladders.most_points) filter (where dictionary.is_manual), 0)
        ::integer as most_manual_points

    from ladders

    inner join dictionary
        on ladders.indicator_id = dictionary.indicator_id

    group by ladders.scorecard_id, ladders.scorecard_version

),

final as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        scores.scorecard_version,
        accounts.manager_id,
        coalesce(accounts.initial_class, '') as peer_class,
        scores.total_points,
        cards.most_manual_points,
        (
            select coalesce(sum(scores.points[positions.position]), 0)
            from unnest(cards.manual_positions) as positions (position)
        )::integer as manual_points

    from scores

    inner join tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.month = tiers.month
            and scores.group_account_id = tiers.group_account_id
            and tiers.population is not null

    inner join accounts
        on
            scores.month = accounts.month
            and scores.group_account_id = accounts.group_account_id

    inner join cards
        on
            scores.scorecard_id = cards.scorecard_id
            and scores.scorecard_version = cards.scorecard_version

)

select * from final
