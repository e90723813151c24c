{{ config(materialized='view') }}

-- The long shape for people and BI: reads marts only, so that it stays true of them.
with

scores as (

    select * from {{ ref('fct_account_scores') }}

),

indicators as (

    select * from {{ ref('fct_account_indicators') }}

),

dictionary as (

    select * from {{ ref('dim_indicators') }}

),

bands as (

    select * from {{ ref('dim_scorecard_bands') }}

),

card_indicators as (

    select distinct
        scorecard_id,
        scorecard_version,
        indicator_id,
        dimension,
        dimension_name,
        max_points

    from bands

),

final as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        dictionary.indicator_id,
        dictionary.position,
        scores.scorecard_version,
        card_indicators.dimension,
        card_indicators.dimension_name,
        case dictionary.indicator_id
            {%- for indicator in indicator_columns().split() %}
            when '{{ indicator }}' then indicators.{{ indicator }}
            {%- endfor %}
        end as indicator_value,
        dictionary.indicator_id = any(indicators.missing_indicators) as is_missing,
        scores.bands[dictionary.position] as band,
        bands.band_from,
        bands.band_to,
        bands.band_meaning,
        scores.points[dictionary.position] as points,
        card_indicators.max_points,
        dictionary.source_tables

    from scores

    inner join indicators
        on
            scores.month = indicators.month
            and scores.group_account_id = indicators.group_account_id

    inner join card_indicators
        on
            scores.scorecard_id = card_indicators.scorecard_id
            and scores.scorecard_version = card_indicators.scorecard_version

    inner join dictionary
        on card_indicators.indicator_id = dictionary.indicator_id

    left join bands
        on
            scores.scorecard_id = bands.scorecard_id
            and scores.scorecard_version = bands.scorecard_version
            and card_indicators.indicator_id = bands.indicator_id
            and scores.bands[dictionary.position] = bands.band

)

select * from final
