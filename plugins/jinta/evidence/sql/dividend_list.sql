-- The accounts that gained or freed something, the largest revenue first. Names of sole
-- traders are people's names.
select
    accounts.group_account_id,
    case
        when {is_masked} and {sole_trader}
            then control.mask_person(accounts.account_name)
        else accounts.account_name
    end as account_name,
    accounts.branch_id,
    accounts.tier,
    accounts.total_points,
    accounts.amount,
    accounts.is_rescued,
    accounts.is_raised,
    accounts.freed_places,
    case
        when {is_masked} and {sole_trader}
            then (
                select
                    jsonb_agg(
                        single || jsonb_build_object(
                            'account_name_crm',
                            control.mask_person(single ->> 'account_name_crm')
                        )
                    )
                from jsonb_array_elements(accounts.singles) as single
            )
        else accounts.singles
    end as singles

from dividend_accounts as accounts

where
    accounts.is_rescued
    or accounts.is_raised
    or accounts.freed_places <> '{{}}'

order by
    accounts.is_rescued desc,
    accounts.amount desc,
    accounts.group_account_id asc
