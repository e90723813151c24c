select
    indicators.indicator_name,
    indicators.indicator_name_zh,
    changes.old_value,
    changes.new_value,
    changes.old_points,
    changes.new_points,
    changes.facts_points,
    changes.missingness_points,
    changes.rules_points,
    changes.identity_points

from marts.fct_point_changes as changes

inner join marts.dim_indicators as indicators
    on changes.indicator_id = indicators.indicator_id

where
    changes.scorecard_id = %(scorecard)s
    and changes.month = %(month)s
    and changes.group_account_id = %(account)s
    and changes.changed_points <> 0

order by changes.position
