-- What was said at the visits of the months that the rule asks for, the last one first,
-- and whom else the manager visited in the month. History lies in what landed: months
-- that were never published count, too.
with

records as ({keyed_records})

select
    coalesce(
        records.group_account_id,
        'CRM ' || visits._system || ' ' || visits.account_id
    ) as group_account_id,
    visits.account_id as account_id_crm,
    visits.visit_id,
    visits.visited_date,
    visits.manager_id,
    visits.person_id,
    visits.visit_purpose,
    visits.visit_summary,
    visits.next_step,
    visits.next_step_date

from raw.crm__visits as visits

left join records
    on {refers_to}

where
    visits.visit_month <= %(month)s
    and visits.visit_month
    > %(month)s - make_interval(months => %(visit_history_months)s)
    and (
        records.group_account_id = any(%(accounts)s)
        or visits.manager_id = %(manager)s
        and visits.visit_month = %(month)s
    )
    and visits._first_load_id <= %(known_load)s
    and coalesce(visits._last_load_id > %(known_load)s, true)

order by
    case
        when records.group_account_id = any(%(accounts)s) then records.group_account_id
    end asc,
    visits.visited_date desc,
    visits.visit_id desc
