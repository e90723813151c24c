-- Revenue by whoever the account is at the end of the reported month: none is lost.
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

billed as (

    select
        months.month,
        attributed.group_account_id,
        revenues.bill_month = months.month as is_reported_month,
        revenues.unified_payment_amount,
        revenues.member_bill_amount,
        revenues.informatization_amount,
        revenues.unified_payment_rows,
        revenues.member_bill_rows,
        revenues.informatization_rows

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

),

final as (

    select
        month,
        group_account_id,
        sum(unified_payment_amount) as unified_payment_amount_3m,
        sum(member_bill_amount) as member_bill_amount_3m,
        sum(informatization_amount) as informatization_amount_3m,
        sum(unified_payment_amount + member_bill_amount + informatization_amount)
            as total_amount_3m,
        coalesce(sum(unified_payment_amount) filter (where is_reported_month), 0)
            as unified_payment_amount_1m,
        coalesce(sum(member_bill_amount) filter (where is_reported_month), 0)
            as member_bill_amount_1m,
        coalesce(sum(informatization_amount) filter (where is_reported_month), 0)
            as informatization_amount_1m,
        coalesce(
            sum(unified_payment_amount + member_bill_amount + informatization_amount)
            filter (where is_reported_month),
            0
        ) as total_amount,
        sum(unified_payment_rows)::bigint as unified_payment_rows,
        sum(member_bill_rows)::bigint as member_bill_rows,
        sum(informatization_rows)::bigint as informatization_rows

    from billed

    group by month, group_account_id

)

select * from final
