-- Sales and returns of a month; days count once however often an account bought on
-- them. Without any margin the margin is unknown, not zero.
with

transactions as (

    select * from {{ ref('stg_billing__transactions') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select
        transactions.transaction_month,
        coalesce(records.group_account_id, 'unidentified-unknown') as group_account_id,
        transactions.transaction_date,
        transactions.transaction_kind = 'sale' as is_sale,
        transactions.amount,
        transactions.margin_amount

    from transactions

    left join records
        on {{ refers_to('transactions', 'records', 'account_id') }}

),

final as (

    select
        transaction_month,
        group_account_id,
        count(*) filter (where is_sale) as transaction_count,
        count(*) filter (where not is_sale) as return_count,
        sum(amount) as transaction_amount,
        coalesce(sum(amount) filter (where is_sale), 0) as sale_amount,
        -coalesce(sum(amount) filter (where not is_sale), 0) as return_amount,
        max(amount) filter (where is_sale) as largest_transaction_amount,
        sum(margin_amount) as margin_amount,
        coalesce(sum(amount) filter (where margin_amount is not null), 0)
            as margin_base_amount,
        count(distinct transaction_date) filter (where is_sale) as transaction_days,
        min(transaction_date) filter (where is_sale) as first_transaction_date,
        max(transaction_date) filter (where is_sale) as last_transaction_date

    from attributed

    group by transaction_month, group_account_id

)

select * from final
