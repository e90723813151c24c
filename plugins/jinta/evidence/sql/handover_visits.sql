-- What was said at the visits of the months that the rule asks for, the last one first,
-- and whom else the manager visited in the month. History lies in what landed: months
-- that were never published count, too.
select
    coalesce(
        records.group_account_id,
        bridge.group_account_id,
        'CRM ' || visits.account_id
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

left join unnest(%(records)s::text[], %(systems)s::text[], %(owners)s::text[])
    as records (account_id, system_name, group_account_id)
    on
        visits.account_id = records.account_id
        and visits._system = records.system_name

left join marts.bridge_account_records as bridge
    on
        visits.account_id = bridge.account_id_crm
        and visits._system = bridge.system_name
        and bridge.month = %(month)s

where
    visits.visit_month <= %(month)s
    and visits.visit_month
    > %(month)s - make_interval(months => %(visit_history_months)s)
    and (
        records.account_id is not null
        or visits.manager_id = %(manager)s
        and visits.visit_month = %(month)s
    )
    and visits._first_load_id <= %(known_load)s
    and coalesce(visits._last_load_id > %(known_load)s, true)

order by
    records.group_account_id asc,
    visits.visited_date desc,
    visits.visit_id desc
