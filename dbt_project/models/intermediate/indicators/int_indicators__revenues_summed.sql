with

unified_payment_bills as (

    select * from {{ ref('stg_billing__unified_payment_bills') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

member_bills as (

    select * from {{ ref('int_indicators__member_bills_summed') }}

),

informatization_bills as (

    select * from {{ ref('int_indicators__informatization_bills_summed') }}

),

revenues as (

    select
        bills.bill_month,
        coalesce(records.group_account_id, 'unidentified-unknown') as group_account_id,
        bills.amount as unified_payment_amount,
        0 as member_bill_amount,
        0 as informatization_amount,
        1 as unified_payment_rows,
        0 as member_bill_rows,
        0 as informatization_rows

    from unified_payment_bills as bills

    left join records
        on {{ refers_to('bills', 'records', 'account_id') }}

    union all

    select
        bill_month,
        group_account_id,
        0 as unified_payment_amount,
        member_bill_amount,
        0 as informatization_amount,
        0 as unified_payment_rows,
        member_bill_rows,
        0 as informatization_rows

    from member_bills

    where group_account_id <> 'individuals'

    union all

    select
        bill_month,
        group_account_id,
        0 as unified_payment_amount,
        0 as member_bill_amount,
        informatization_amount,
        0 as unified_payment_rows,
        0 as member_bill_rows,
        informatization_rows

    from informatization_bills

),

final as (

    select
        bill_month,
        group_account_id,
        sum(unified_payment_amount) as unified_payment_amount,
        sum(member_bill_amount) as member_bill_amount,
        sum(informatization_amount) as informatization_amount,
        sum(unified_payment_rows)::bigint as unified_payment_rows,
        sum(member_bill_rows)::bigint as member_bill_rows,
        sum(informatization_rows)::bigint as informatization_rows

    from revenues

    group by bill_month, group_account_id

)

select * from final
