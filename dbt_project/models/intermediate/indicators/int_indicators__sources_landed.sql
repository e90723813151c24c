-- '*' stands for all branches together: unidentified accounts are judged by it.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

revenues as (

    select * from {{ ref('int_indicators__revenues_summed') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

branches as (

    select distinct
        group_account_id,
        branch_id

    from records

),

landed as (

    select
        revenues.bill_month,
        coalesce(branches.branch_id, 'unknown') as branch_id,
        sum(revenues.unified_payment_rows) > 0 as has_unified_payments,
        sum(revenues.member_bill_rows) > 0 as has_member_bills,
        sum(revenues.informatization_rows) > 0 as has_informatization_bills

    from revenues

    left join branches
        on revenues.group_account_id = branches.group_account_id

    group by revenues.bill_month, coalesce(branches.branch_id, 'unknown')

),

landed_anywhere as (

    select
        bill_month,
        branch_id,
        has_unified_payments,
        has_member_bills,
        has_informatization_bills

    from landed

    union all

    select
        bill_month,
        '*' as branch_id,
        bool_or(has_unified_payments) as has_unified_payments,
        bool_or(has_member_bills) as has_member_bills,
        bool_or(has_informatization_bills) as has_informatization_bills

    from landed

    group by bill_month

),

final as (

    select
        months.month,
        landed_anywhere.branch_id,
        count(*) filter (where landed_anywhere.has_unified_payments)
            as unified_payment_months,
        count(*) filter (where landed_anywhere.has_member_bills)
            as member_bill_months,
        count(*) filter (where landed_anywhere.has_informatization_bills)
            as informatization_months,
        bool_or(
            landed_anywhere.has_informatization_bills
            and landed_anywhere.bill_month = months.month
        ) as has_informatization_bills

    from months

    inner join landed_anywhere
        on
            months.month >= landed_anywhere.bill_month
            and months.month
            < landed_anywhere.bill_month
            + make_interval(months => {{ window_months() }})

    group by months.month, landed_anywhere.branch_id

)

select * from final
