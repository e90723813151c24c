-- How long an account has been buying: its first purchase ever, whatever the window.
with

transactions as (

    select * from {{ ref('int_indicators__transactions_summed') }}

),

final as (

    select
        group_account_id,
        min(first_transaction_date) as first_transaction_date

    from transactions

    where first_transaction_date is not null

    group by group_account_id

)

select * from final
