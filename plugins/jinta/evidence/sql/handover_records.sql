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
    -- A sole trader's are a person's: the mart, which knows, withholds them.
    case
        when %(is_personal)s or overviews.address is not null then versions.address
    end as address,
    case
        when %(is_personal)s or overviews.office_phone is not null
            then versions.office_phone
    end as office_phone

from marts.bridge_account_records as bridge

left join record_versions as versions
    on
        bridge.account_id_crm = versions.account_id_crm
        and bridge.system_name = versions.system_name

left join marts.fct_account_overviews as overviews
    on
        bridge.month = overviews.month
        and bridge.group_account_id = overviews.group_account_id

where
    bridge.month = %(month)s
    and bridge.group_account_id = any(%(accounts)s)

order by bridge.group_account_id, bridge.system_name, bridge.account_id_crm
