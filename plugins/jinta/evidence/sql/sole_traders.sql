-- Accounts of the month that are a person's own business: by the legal form in a
-- record's name, or by a credit code of the class of individual businesses.
create temporary table sole_traders as
select distinct bridge.group_account_id

from marts.bridge_account_records as bridge

inner join marts.dim_group_accounts as accounts
    on
        bridge.month = accounts.month
        and bridge.group_account_id = accounts.group_account_id

where
    bridge.month = %(month)s
    and (
        starts_with(accounts.credit_code, '92')
        or exists (
            select 1
            from rules.name_legal_forms as forms
            where
                forms.legal_form = 'sole'
                and strpos(bridge.account_name_crm, forms.legal_form_text) > 0
        )
    )
