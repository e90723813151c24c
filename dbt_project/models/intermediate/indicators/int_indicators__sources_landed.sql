-- '*' stands for all branches together: unidentified accounts are judged by it.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

revenues as (

    select * from {{ ref('int_indicators__revenues_summed') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

-- For accounts that do not exist yet in the reported month.
branches as (

    select distinct
        group_account_id,
        branch_id

    from records

),

-- A branch is the one in force in the reported month, as the accounts are judged by it.
landed as (

    select
        months.month,
        revenues.bill_month,
        coalesce(accounts.branch_id, branches.branch_id, 'unknown') as branch_id,
        sum(revenues.unified_payment_rows) > 0 as has_unified_payments,
        sum(revenues.member_bill_rows) > 0 as has_member_bills,
        sum(revenues.informatization_rows) > 0 as has_informatization_bills

    from months

    inner join revenues
        on
            months.month >= revenues.bill_month
            and months.month
            < revenues.bill_month + make_interval(months => {{ window_months() }})

    left join accounts
        on
            months.month = accounts.month
            and revenues.group_account_id = accounts.group_account_id

    left join branches
        on revenues.group_account_id = branches.group_account_id

    group by
        months.month,
        revenues.bill_month,
        coalesce(accounts.branch_id, branches.branch_id, 'unknown')

),

landed_anywhere as (

    select
        month,
        bill_month,
        branch_id,
        has_unified_payments,
        has_member_bills,
        has_informatization_bills

    from landed

    union all

    select
        month,
        bill_month,
        '*' as branch_id,
        bool_or(has_unified_payments) as has_unified_payments,
        bool_or(has_member_bills) as has_member_bills,
        bool_or(has_informatization_bills) as has_informatization_bills

    from landed

    group by month, bill_month

),

final as (

    select
        month,
        branch_id,
        count(*) filter (where has_unified_payments) as unified_payment_months,
        count(*) filter (where has_member_bills) as member_bill_months,
        count(*) filter (where has_informatization_bills) as informatization_months,
        bool_or(has_informatization_bills and bill_month = month)
            as has_informatization_bills

    from landed_anywhere

    group by month, branch_id

)

select * from final
