{#
    A view: a stored row of this width would be compressed, and every look-up into its
    arrays would decompress it again.
#}
{{ config(materialized='view') }}

-- Bands by lower bound; the first one has none, so there is one threshold less.
with

versions as (

    select * from {{ ref('int_scoring__versions_selected') }}

),

card_indicators as (

    select * from {{ ref('scorecard_indicators') }}

),

bands as (

    select * from {{ ref('scorecard_bands') }}

),

band_arrays as (

    select
        scorecard_id,
        version,
        indicator_id,
        array_remove(array_agg(lower_bound order by lower_bound), null) as thresholds,
        array_agg((points * 100)::integer order by lower_bound nulls first) as points,
        array_agg(band order by lower_bound nulls first) as bands

    from bands

    group by scorecard_id, version, indicator_id

),

indicator_rules as (

    select
        card_indicators.scorecard_id,
        card_indicators.version,
        card_indicators.indicator_id,
        card_indicators.dimension,
        (card_indicators.weight * 100)::integer as weight,
        band_arrays.thresholds,
        band_arrays.points,
        band_arrays.bands

    from card_indicators

    inner join band_arrays
        on
            card_indicators.scorecard_id = band_arrays.scorecard_id
            and card_indicators.version = band_arrays.version
            and card_indicators.indicator_id = band_arrays.indicator_id

),

final as (

    select
        versions.scorecard_id,
        versions.month,
        versions.scorecard_version,
        versions.subject,
        versions.min_completeness_pct,
        -- Arrays of points need be no longer than the card's last indicator.
        max(
            array_position(
                string_to_array('{{ indicator_columns() }}', ' '),
                indicator_rules.indicator_id
            )
        ) as last_position,
        {%- for indicator in indicator_columns().split() %}
        {%- for part in ['thresholds', 'points', 'bands', 'weight', 'dimension'] %}
        max(indicator_rules.{{ part }}) filter (
            where indicator_rules.indicator_id = '{{ indicator }}'
        ) as {{ indicator }}_{{ part }},
        {%- endfor %}
        {%- endfor %}
        sum(indicator_rules.weight)::integer as weights_total

    from versions

    inner join indicator_rules
        on
            versions.scorecard_id = indicator_rules.scorecard_id
            and versions.scorecard_version = indicator_rules.version

    group by
        versions.scorecard_id,
        versions.month,
        versions.scorecard_version,
        versions.subject,
        versions.min_completeness_pct

)

select * from final
