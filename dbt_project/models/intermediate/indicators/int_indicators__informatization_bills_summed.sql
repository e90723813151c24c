with

bills as (

    select * from {{ ref('stg_billing__informatization_bills') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

final as (

    select
        bills.bill_month,
        coalesce(records.group_account_id, 'unidentified-unknown') as group_account_id,
        bills.product_code,
        sum(bills.amount) as informatization_amount,
        count(*) as informatization_rows

    from bills

    left join records
        on {{ refers_to('bills', 'records', 'account_id') }}

    group by 1, 2, 3

)

select * from final
