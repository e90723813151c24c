-- Improvements that the accounts wait for, and what they answered in the month.
select
    surveys.group_account_id,
    surveys.survey_id,
    surveys.surveyed_date,
    surveys.satisfaction_points,
    surveys.weakest_topic,
    surveys.follow_up,
    surveys.follow_up_due_date,
    surveys.follow_up_status

from marts.fct_surveys as surveys

where
    surveys.month = %(month)s
    and surveys.group_account_id = any(%(accounts)s)

order by surveys.group_account_id, surveys.surveyed_date, surveys.survey_id
