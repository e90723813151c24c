-- The bands of each indicator from the fewest points to the most, as arrays that a
-- place can be looked up in.
with

card_indicators as (

    select * from {{ ref('scorecard_indicators') }}

),

bands as (

    select * from {{ ref('scorecard_bands') }}

),

dictionary as (

    select * from {{ ref('indicators') }}

),

bounded as (

    select
        scorecard_id,
        version,
        indicator_id,
        band,
        lower_bound,
        (points * 100)::integer as points,
        lead(lower_bound) over (
            partition by scorecard_id, version, indicator_id
            order by lower_bound nulls first
        ) as upper_bound

    from bands

),

-- Bands of equal points stand in the order of their bounds.
placed as (

    select
        bounded.*,
        row_number() over (
            partition by
                bounded.scorecard_id, bounded.version, bounded.indicator_id
            order by
                bounded.points asc,
                coalesce(bounded.lower_bound, '-Infinity')
                * case card_indicators.direction when 'lower' then -1 else 1 end asc
        ) as place

    from bounded

    inner join card_indicators
        on
            bounded.scorecard_id = card_indicators.scorecard_id
            and bounded.version = card_indicators.version
            and bounded.indicator_id = card_indicators.indicator_id

),

final as (

    select
        card_indicators.scorecard_id,
        card_indicators.version as scorecard_version,
        card_indicators.indicator_id,
        card_indicators.dimension,
        dictionary.position,
        dictionary.scale,
        dictionary.is_manual,
        dictionary.is_changeable,
        max(placed.points) as most_points,
        array_agg(placed.points order by placed.place) as ladder_points,
        array_agg(placed.band order by placed.place) as ladder_band,
        array_agg(placed.lower_bound order by placed.place) as ladder_lower_bound,
        array_agg(placed.upper_bound order by placed.place) as ladder_upper_bound

    from card_indicators

    inner join placed
        on
            card_indicators.scorecard_id = placed.scorecard_id
            and card_indicators.version = placed.version
            and card_indicators.indicator_id = placed.indicator_id

    inner join dictionary
        on card_indicators.indicator_id = dictionary.indicator_id

    group by
        card_indicators.scorecard_id,
        card_indicators.version,
        card_indicators.indicator_id,
        card_indicators.dimension,
        dictionary.position,
        dictionary.scale,
        dictionary.is_manual,
        dictionary.is_changeable

)

select * from final
