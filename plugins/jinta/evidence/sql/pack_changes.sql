select
    changes.old_month,
    changes.old_scorecard_version,
    changes.scorecard_version,
    changes.account_change,
    changes.is_exact,
    changes.old_total_points,
    changes.new_total_points,
    changes.changed_points,
    changes.facts_points,
    changes.missingness_points,
    changes.rules_points,
    changes.identity_points

from marts.fct_score_changes as changes

where
    changes.scorecard_id = %(scorecard)s
    and changes.month = %(month)s
    and changes.group_account_id = %(account)s
