with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

transactions as (

    select * from {{ ref('stg_billing__transactions') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        months.month,
        transactions.transaction_id,
        attributed.group_account_id,
        attributed.manager_id,
        transactions.transaction_date,
        coalesce(transactions.product_code, 'unknown') as product_code,
        transactions.transaction_kind,
        transactions.amount,
        transactions.margin_amount

    from months

    inner join transactions
        on months.month = transactions.transaction_month

    left join records
        on {{ refers_to('transactions', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
