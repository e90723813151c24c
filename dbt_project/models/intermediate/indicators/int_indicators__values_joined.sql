-- Values before rounding. Missing or zero is decided here, per indicator.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

windows as (

    select * from {{ ref('int_indicators__windows_summed') }}

),

landed as (

    select * from {{ ref('int_indicators__sources_landed') }}

),

vnets as (

    select * from {{ ref('int_indicators__vnet_users_counted') }}

),

products as (

    select * from {{ ref('int_indicators__products_counted') }}

),

off_net_rates as (

    select * from {{ ref('int_indicators__off_net_rates_averaged') }}

),

tax_rankings as (

    select * from {{ ref('stg_registry__tax_rankings') }}

),

-- A list is in force from its year on, whether or not anybody is found on it.
listed_branches as (

    select
        branch_id,
        min(ranking_year) as first_year

    from tax_rankings

    group by branch_id

),

final as (

    select
        accounts.month,
        months.month_end_date,
        accounts.group_account_id,
        accounts.employees,
        accounts.informatization_level,
        accounts.signed_date,
        {{ years_between('accounts.signed_date', 'months.month_end_date') }}
            as signed_years,
        accounts.influence_grade,
        accounts.tax_rank,
        coalesce(windows.unified_payment_amount_3m, 0) as unified_payment_amount_3m,
        coalesce(windows.member_bill_amount_3m, 0) as member_bill_amount_3m,
        coalesce(windows.informatization_amount_3m, 0) as informatization_amount_3m,
        coalesce(windows.unified_payment_amount_1m, 0) as unified_payment_amount_1m,
        coalesce(windows.member_bill_amount_1m, 0) as member_bill_amount_1m,
        coalesce(windows.informatization_amount_1m, 0) as informatization_amount_1m,
        coalesce(windows.total_amount, 0) as total_amount,
        coalesce(windows.total_amount_3m, 0) as total_amount_3m,
        coalesce(windows.unified_payment_rows, 0) as unified_payment_rows,
        coalesce(windows.member_bill_rows, 0) as member_bill_rows,
        coalesce(windows.informatization_rows, 0) as informatization_rows,
        landed.unified_payment_months,
        landed.member_bill_months,
        landed.informatization_months,
        coalesce(landed.has_unified_payments, false) as has_unified_payments,
        coalesce(landed.has_member_bills, false) as has_member_bills,
        coalesce(landed.has_informatization_bills, false) as has_informatization_bills,
        vnets.vnet_users,
        products.informatization_products,
        coalesce(products.leased_lines, 0) as leased_lines,
        off_net_rates.off_net_rate_pct,
        coalesce(off_net_rates.member_lines, 0) as member_lines,
        bool_or(vnets.vnet_users is not null) over branches as has_vnets,
        coalesce(landed.has_informatization_bills, false)
        or bool_or(coalesce(products.has_leased_line_rows, false)) over branches
            as has_products,
        bool_or(accounts.signed_date is not null) over branches as has_signed_dates,
        bool_or(accounts.influence_grade is not null) over branches as has_influences,
        listed_branches.branch_id is not null as has_tax_ranks

    from accounts

    inner join months
        on accounts.month = months.month

    left join windows
        on
            accounts.month = windows.month
            and accounts.group_account_id = windows.group_account_id

    left join landed
        on
            accounts.month = landed.month
            and case when accounts.is_identified then accounts.branch_id else '*' end
            = landed.branch_id

    left join vnets
        on
            accounts.month = vnets.month
            and accounts.group_account_id = vnets.group_account_id

    left join products
        on
            accounts.month = products.month
            and accounts.group_account_id = products.group_account_id

    left join off_net_rates
        on
            accounts.month = off_net_rates.month
            and accounts.group_account_id = off_net_rates.group_account_id

    left join listed_branches
        on
            accounts.branch_id = listed_branches.branch_id
            and extract(year from accounts.month) >= listed_branches.first_year

    window branches as (partition by accounts.month, accounts.branch_id)

)

select * from final
