-- The CRM's records of the accounts: under these numbers a successor finds them.
select
    bridge.group_account_id,
    bridge.account_id_crm,
    bridge.system_name,
    bridge.account_name_crm,
    bridge.is_active,
    files.address,
    files.office_phone

from marts.bridge_account_records as bridge

left join raw.crm__accounts as files
    on
        bridge.account_id_crm = files.account_id
        and bridge.system_name = files._system
        and files._first_load_id <= %(known_load)s
        and coalesce(files._last_load_id > %(known_load)s, true)

where
    bridge.month = %(month)s
    and bridge.group_account_id = any(%(accounts)s)

order by bridge.group_account_id, bridge.system_name, bridge.account_id_crm
