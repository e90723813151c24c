with

records as ({keyed_records})

select
    records.group_account_id,
    contacts.account_id as account_id_crm,
    contacts.contact_id,
    contacts.contact_role,
    {person}(contacts.contact_name) as contact_name,
    {person}(contacts.contact_phone) as contact_phone

from raw.crm__contacts as contacts

inner join records
    on {refers_to}

where
    records.group_account_id = any(%(accounts)s)
    and contacts._first_load_id <= %(known_load)s
    and coalesce(contacts._last_load_id > %(known_load)s, true)

order by
    records.group_account_id asc,
    contacts.contact_role asc,
    contacts.contact_id asc
