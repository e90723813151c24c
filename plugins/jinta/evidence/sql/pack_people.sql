-- Names that free text could hold, with their pseudonyms.
with

people as (

    select manager_name as person from raw.crm__managers

    union

    select contact_name from raw.crm__contacts where account_id = any(%(records)s)

    union

    select contact_phone from raw.crm__contacts where account_id = any(%(records)s)

    union

    select person_name from raw.crm__key_persons where account_id = any(%(records)s)

    union

    select person_phone from raw.crm__key_persons where account_id = any(%(records)s)

    union

    select decided_by from control.steward_decisions

    union

    select approver from control.tier_overrides

    union

    select updated_by from control.lead_updates

    union

    select account_name_crm
    from marts.bridge_account_records
    where
        month = %(month)s
        and group_account_id = %(account)s
        and %(is_sole_trader)s

)

select
    person,
    control.mask_person(person) as pseudonym

from people

where length(person) > 1
