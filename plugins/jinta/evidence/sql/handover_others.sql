-- Accounts of others that the pack mentions, by name, with the CRM's records of them.
select
    accounts.group_account_id,
    accounts.account_name,
    bridge.account_id_crm

from marts.dim_group_accounts as accounts

left join marts.bridge_account_records as bridge
    on
        accounts.month = bridge.month
        and accounts.group_account_id = bridge.group_account_id

where
    accounts.month = %(month)s
    and accounts.group_account_id = any(%(others)s)

order by accounts.group_account_id, bridge.account_id_crm
