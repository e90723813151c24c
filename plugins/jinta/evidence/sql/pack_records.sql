select
    source_record_id,
    system_name,
    account_id_crm,
    {customer}(account_name_crm) as account_name_crm,
    is_senior,
    is_active,
    match_basis

from marts.bridge_account_records

where
    month = %(month)s
    and group_account_id = %(account)s

order by
    is_senior desc,
    account_id_crm asc
