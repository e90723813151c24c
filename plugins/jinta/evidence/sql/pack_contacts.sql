select
    contacts.account_id,
    contacts.contact_role,
    {person}(contacts.contact_name) as contact_name,
    {person}(contacts.contact_phone) as contact_phone

from raw.crm__contacts as contacts

where
    contacts.account_id = any(%(records)s)
    and contacts._first_load_id <= %(known_load)s
    and coalesce(contacts._last_load_id > %(known_load)s, true)

order by
    contacts.account_id asc,
    contacts.contact_role asc,
    contacts.contact_name asc
