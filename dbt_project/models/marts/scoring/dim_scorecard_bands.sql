with

bands as (

    select * from {{ ref('scorecard_bands') }}

),

card_indicators as (

    select * from {{ ref('scorecard_indicators') }}

),

final as (

    select
        bands.scorecard_id,
        bands.version as scorecard_version,
        bands.indicator_id,
        bands.band,
        bands.meaning as band_meaning,
        card_indicators.dimension,
        card_indicators.dimension_name,
        bands.lower_bound as band_from,
        lead(bands.lower_bound) over (
            partition by bands.scorecard_id, bands.version, bands.indicator_id
            order by bands.lower_bound nulls first
        ) as band_to,
        (bands.points * 100)::integer as points,
        (card_indicators.weight * 100)::integer as max_points,
        bands.spec_id

    from bands

    inner join card_indicators
        on
            bands.scorecard_id = card_indicators.scorecard_id
            and bands.version = card_indicators.version
            and bands.indicator_id = card_indicators.indicator_id

)

select * from final
