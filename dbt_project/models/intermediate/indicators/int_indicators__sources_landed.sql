-- '*' stands for all branches together: unidentified accounts are judged by it.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

revenues as (

    select * from {{ ref('int_indicators__revenues_summed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

-- A branch is the one in force in the reported month, as the accounts are judged by it.
landed as (

    select
        months.month,
        revenues.bill_month,
        coalesce(attributed.branch_id, 'unknown') as branch_id,
        sum(revenues.unified_payment_rows) > 0 as has_unified_payments,
        sum(revenues.member_bill_rows) > 0 as has_member_bills,
        sum(revenues.informatization_rows) > 0 as has_informatization_bills

    from months

    inner join revenues
        on
            months.month >= revenues.bill_month
            and months.month
            < revenues.bill_month + make_interval(months => {{ window_months() }})

    inner join attributed
        on
            months.month = attributed.month
            and revenues.group_account_id = attributed.group_account_id_named

    group by
        months.month,
        revenues.bill_month,
        coalesce(attributed.branch_id, 'unknown')

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
        bool_or(has_unified_payments and bill_month = month) as has_unified_payments,
        bool_or(has_member_bills and bill_month = month) as has_member_bills,
        bool_or(has_informatization_bills and bill_month = month)
            as has_informatization_bills

    from landed_anywhere

    group by month, branch_id

)

select * from final
