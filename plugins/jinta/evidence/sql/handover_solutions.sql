-- Which solutions of the library were offered or delivered to the accounts up to the
-- month, whether the months were published or not.
with

records as ({keyed_records})

select
    records.group_account_id,
    uses.account_id as account_id_crm,
    uses.solution_id,
    solutions.solution_name,
    uses.used_date,
    uses.use_result

from raw.crm__solution_uses as uses

inner join records
    on {refers_to}

left join raw.crm__solutions as solutions
    on
        uses.solution_id = solutions.solution_id
        and uses._system = solutions._system
        and solutions._first_load_id <= %(known_load)s
        and coalesce(solutions._last_load_id > %(known_load)s, true)

where
    records.group_account_id = any(%(accounts)s)
    and uses.used_date <= %(month_end)s
    and uses._first_load_id <= %(known_load)s
    and coalesce(uses._last_load_id > %(known_load)s, true)

order by
    records.group_account_id asc,
    uses.used_date desc,
    uses.solution_id asc,
    uses.account_id asc
