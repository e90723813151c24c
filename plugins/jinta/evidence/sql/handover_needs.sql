-- What the accounts need, ask for and suffer from, and nobody has settled.
select
    needs.group_account_id,
    needs.account_id_crm,
    needs.need_id,
    needs.recorded_date,
    needs.need_kind,
    needs.need_text,
    needs.wants_informatization,
    needs.product_code,
    needs.expected_amount,
    needs.expected_month,
    needs.is_overdue

from marts.fct_account_needs as needs

where
    needs.month = %(month)s
    and needs.is_open
    and needs.group_account_id = any(%(accounts)s)

order by
    needs.group_account_id asc,
    needs.recorded_date desc,
    needs.need_id asc
