select
    records.group_account_id,
    needs.need_id,
    needs.recorded_date,
    needs.need_kind,
    needs.need_text,
    needs.wants_informatization

from raw.crm__account_needs as needs

inner join unnest(
    %(records)s::text[], %(systems)s::text[], %(owners)s::text[]
)
    as records (account_id, system_name, group_account_id)
    on
        needs.account_id = records.account_id
        and needs._system = records.system_name

where
    needs.recorded_date <= %(month_end)s
    and needs._first_load_id <= %(known_load)s
    and coalesce(needs._last_load_id > %(known_load)s, true)

order by
    records.group_account_id asc,
    needs.recorded_date desc,
    needs.need_id asc
