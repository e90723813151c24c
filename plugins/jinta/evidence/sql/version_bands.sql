-- How many accounts of the month stand in each band of the version.
select
    points.indicator_id,
    indicators.indicator_name,
    indicators.indicator_name_zh,
    points.band,
    points.band_meaning,
    points.band_from,
    points.points,
    points.max_points,
    points.is_missing,
    count(*) as accounts

from marts.fct_account_points as points

inner join marts.fct_account_scores as scores
    on
        points.scorecard_id = scores.scorecard_id
        and points.month = scores.month
        and points.group_account_id = scores.group_account_id
        and scores.population is not null

inner join marts.dim_indicators as indicators
    on points.indicator_id = indicators.indicator_id

where
    points.scorecard_id = %(scorecard)s
    and points.month = %(month)s

group by
    points.indicator_id, indicators.indicator_name, indicators.indicator_name_zh,
    indicators.position, points.band, points.band_meaning, points.band_from,
    points.points, points.max_points, points.is_missing

order by
    indicators.position asc,
    points.points asc,
    points.band asc
