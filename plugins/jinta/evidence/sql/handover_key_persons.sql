select
    persons.group_account_id,
    persons.person_id,
    {person}(raw_persons.person_name) as person_name,
    {person}(raw_persons.person_phone) as person_phone,
    persons.department,
    persons.post,
    persons.buying_role,
    persons.influence_grade,
    persons.attitude_grade,
    {person}(persons.contact_way) as contact_way

from marts.dim_key_persons as persons

left join raw.crm__key_persons as raw_persons
    on
        persons.system_name = raw_persons._system
        and persons.person_id = raw_persons.person_id
        and raw_persons._first_load_id <= %(known_load)s
        and coalesce(raw_persons._last_load_id > %(known_load)s, true)

where
    persons.month = %(month)s
    and persons.group_account_id = any(%(accounts)s)

order by
    persons.group_account_id asc,
    persons.influence_grade desc nulls last,
    persons.person_id asc
