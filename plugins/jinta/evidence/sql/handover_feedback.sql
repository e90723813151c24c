-- What the accounts complained of, praised or suggested and nobody has settled by the
-- end of the month, however old it is.
select
    records.group_account_id,
    feedback.feedback_id,
    feedback.received_date,
    feedback.feedback_kind,
    feedback.topic

from raw.crm__feedback as feedback

inner join unnest(%(records)s::text[], %(systems)s::text[], %(owners)s::text[])
    as records (account_id, system_name, group_account_id)
    on
        feedback.account_id = records.account_id
        and feedback._system = records.system_name

where
    feedback.feedback_month <= %(month)s
    and coalesce(feedback.resolved_date > %(month_end)s, true)
    and feedback._first_load_id <= %(known_load)s
    and coalesce(feedback._last_load_id > %(known_load)s, true)

order by feedback.received_date, feedback._system, feedback.feedback_id
