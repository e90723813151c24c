-- Agreements of the accounts that bring something after the month.
select
    agreements.group_account_id,
    agreements.agreement_id,
    max(named.agreement_name) as agreement_name,
    agreements.product_code,
    agreements.signed_date,
    agreements.starts_date,
    agreements.ends_date,
    agreements.changes,
    agreements.agreement_amount,
    sum(agreements.amount) filter (where agreements.month > %(month)s)
        as open_amount,
    agreements.ends_date - %(month_end)s::date as days_to_end

from marts.fct_agreement_months as agreements

left join raw.crm__agreements as named
    on
        agreements.agreement_id = named.agreement_id
        and named._first_load_id <= %(known_load)s
        and coalesce(named._last_load_id > %(known_load)s, true)

where agreements.group_account_id = any(%(accounts)s)

group by
    agreements.group_account_id,
    agreements.agreement_id,
    agreements.product_code,
    agreements.signed_date,
    agreements.starts_date,
    agreements.ends_date,
    agreements.changes,
    agreements.agreement_amount

having
    agreements.ends_date > %(month_end)s
    and agreements.signed_date <= %(month_end)s

order by agreements.ends_date, agreements.agreement_id
