-- The CRM's records as they are in force at the month's end, with whom each names: the
-- manager of an account of several records is another one's than some of them say.
select
    landed.system_name,
    landed.account_id_crm,
    landed.manager_id,
    landed.address,
    landed.office_phone

from (
    select distinct on (accounts._system, accounts.account_id)
        accounts._system as system_name,
        accounts.account_id as account_id_crm,
        accounts.manager_id,
        accounts.address,
        accounts.office_phone,
        accounts.created_date

    from raw.crm__accounts as accounts

    where accounts._first_load_id <= %(known_load)s

    -- The last one known by the month's end, else the first one after it.
    order by
        accounts._system asc,
        accounts.account_id asc,
        accounts._first_as_of > %(month_end)s asc,
        abs(accounts._first_as_of - %(month_end)s::date) asc,
        accounts._first_load_id desc
) as landed

where coalesce(landed.created_date <= %(month_end)s, true)
