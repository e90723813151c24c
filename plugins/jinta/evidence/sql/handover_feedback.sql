-- What the accounts complained of, praised or suggested and nobody has settled by the
-- end of the month, however old it is.
with

records as ({keyed_records})

select
    records.group_account_id,
    feedback.feedback_id,
    feedback.received_date,
    feedback.feedback_kind,
    feedback.topic

from raw.crm__feedback as feedback

inner join records
    on {refers_to}

where
    records.group_account_id = any(%(accounts)s)
    and feedback.feedback_month <= %(month)s
    and coalesce(feedback.resolved_date > %(month_end)s, true)
    and feedback._first_load_id <= %(known_load)s
    and coalesce(feedback._last_load_id > %(known_load)s, true)

order by feedback.received_date, feedback._system, feedback.feedback_id
