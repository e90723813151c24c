-- Records that name the manager and belong to accounts which somebody else holds, with
-- how much stands under each: that account's pack has it, row by row.
with

record_versions as ({versions}),

records as ({keyed_records})

select
    bridge.group_account_id,
    bridge.account_id_crm,
    bridge.system_name,
    bridge.account_name_crm,
    bridge.is_active,
    accounts.manager_id as holder_id,
    (
        select count(*)
        from marts.fct_tasks as tasks
        where
            tasks.month = bridge.month
            and tasks.group_account_id = bridge.group_account_id
            and tasks.account_id_crm = bridge.account_id_crm
            and tasks.is_open
    ) as open_tasks,
    (
        select count(distinct agreements.agreement_id)
        from marts.fct_agreement_months as agreements
        inner join raw.crm__agreements as landed
            on
                agreements.agreement_id = landed.agreement_id
                and landed._first_load_id <= %(known_load)s
                and coalesce(landed._last_load_id > %(known_load)s, true)
        where
            agreements.group_account_id = bridge.group_account_id
            and {refers_to}
            and agreements.ends_date > %(month_end)s
            and agreements.signed_date <= %(month_end)s
    ) as agreements,
    (
        select count(*)
        from raw.crm__contacts as contacts
        where
            {refers_to}
            and contacts._first_load_id <= %(known_load)s
            and coalesce(contacts._last_load_id > %(known_load)s, true)
    ) as contacts,
    (
        select count(*)
        from marts.dim_key_persons as persons
        where
            persons.month = bridge.month
            and persons.group_account_id = bridge.group_account_id
            and persons.account_id_crm = bridge.account_id_crm
    ) as key_persons

from marts.bridge_account_records as bridge

inner join record_versions as versions
    on
        bridge.account_id_crm = versions.account_id_crm
        and bridge.system_name = versions.system_name

inner join records
    on
        bridge.account_id_crm = records.account_id_crm
        and bridge.system_name = records.system_name

inner join marts.dim_group_accounts as accounts
    on
        bridge.month = accounts.month
        and bridge.group_account_id = accounts.group_account_id

where
    bridge.month = %(month)s
    and versions.manager_id = %(manager)s
    and bridge.group_account_id <> all(%(accounts)s)

order by bridge.is_active desc, bridge.system_name asc, bridge.account_id_crm asc
