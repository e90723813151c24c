-- The CRM's records of the accounts, and whom each names: under these numbers a
-- successor finds them.
with

record_versions as ({versions})

select
    bridge.group_account_id,
    bridge.account_id_crm,
    bridge.system_name,
    bridge.account_name_crm,
    bridge.is_active,
    versions.manager_id,
    versions.address,
    versions.office_phone

from marts.bridge_account_records as bridge

left join record_versions as versions
    on
        bridge.account_id_crm = versions.account_id_crm
        and bridge.system_name = versions.system_name

where
    bridge.month = %(month)s
    and bridge.group_account_id = any(%(accounts)s)

order by bridge.group_account_id, bridge.system_name, bridge.account_id_crm
