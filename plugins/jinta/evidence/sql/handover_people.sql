-- Names and numbers that free text could hold, with their pseudonyms: those of every
-- record and account that the pack mentions, whoever looks after it.
with

people as (

    select manager_name as person from raw.crm__managers

    union

    select contact_name from raw.crm__contacts
    where account_id = any(%(mentioned)s)

    union

    select contact_phone from raw.crm__contacts
    where account_id = any(%(mentioned)s)

    union

    select person_name from raw.crm__key_persons
    where account_id = any(%(mentioned)s)

    union

    select person_phone from raw.crm__key_persons
    where account_id = any(%(mentioned)s)

    union

    -- The name of a business of one's own is a person's.
    select bridge.account_name_crm
    from marts.bridge_account_records as bridge
    inner join sole_traders
        on bridge.group_account_id = sole_traders.group_account_id
    where
        bridge.month = %(month)s
        and bridge.group_account_id = any(%(named_accounts)s)

    union

    select accounts.account_name
    from marts.dim_group_accounts as accounts
    inner join sole_traders
        on accounts.group_account_id = sole_traders.group_account_id
    where
        accounts.month = %(month)s
        and accounts.group_account_id = any(%(named_accounts)s)

    union

    -- So is that of a prospect, whose records stand elsewhere.
    select prospects.prospect_name
    from marts.dim_prospects as prospects
    where
        prospects.month = %(month)s
        and prospects.group_account_id = any(%(named_accounts)s)
        and (
            starts_with(prospects.credit_code, '92')
            or exists (
                select 1
                from rules.name_legal_forms as forms
                where
                    forms.legal_form = 'sole'
                    and strpos(prospects.prospect_name, forms.legal_form_text) > 0
            )
        )

)

select
    person,
    control.mask_person(person) as pseudonym

from people

where length(person) > 1
