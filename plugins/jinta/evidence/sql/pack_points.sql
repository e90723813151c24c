select
    points.dimension,
    points.dimension_name,
    indicators.indicator_name,
    indicators.indicator_name_zh,
    indicators.unit,
    indicators.source_tables,
    indicators.absence_meaning,
    indicators.spec_id,
    points.indicator_value,
    points.is_missing,
    points.band,
    points.band_from,
    points.band_to,
    points.band_meaning,
    points.points,
    points.max_points,
    points.scorecard_version

from marts.fct_account_points as points

inner join marts.dim_indicators as indicators
    on points.indicator_id = indicators.indicator_id

where
    points.scorecard_id = %(scorecard)s
    and points.month = %(month)s
    and points.group_account_id = %(account)s

order by
    array_position(array['x', 'y', 'z', 'w'], points.dimension) asc,
    points.position asc
