-- The account as published in the month; whether it is a person's own business.
select
    accounts.group_account_id,
    accounts.account_name,
    accounts.branch_id,
    accounts.county_name,
    accounts.initial_class,
    accounts.industry,
    accounts.ownership,
    accounts.credit_code,
    accounts.employees,
    accounts.informatization_level,
    accounts.signed_date,
    accounts.former_grade,
    accounts.manager_id,
    accounts.created_date,
    accounts.closed_date,
    accounts.is_active,
    accounts.is_identified,
    accounts.record_count,
    coalesce(starts_with(accounts.credit_code, '92'), false)
    or exists (
        select 1
        from marts.bridge_account_records as bridge
        inner join rules.name_legal_forms as forms
            on
                forms.legal_form = 'sole'
                and strpos(bridge.account_name_crm, forms.legal_form_text) > 0
        where
            bridge.month = accounts.month
            and bridge.group_account_id = accounts.group_account_id
    ) as is_sole_trader,
    (
        select {person}(min(managers.manager_name))
        from raw.crm__managers as managers
        where
            managers.manager_id = accounts.manager_id
            and managers._last_load_id is null
    ) as manager_name

from marts.dim_group_accounts as accounts

where
    accounts.month = %(month)s
    and accounts.group_account_id = %(account)s
