-- All transactions up to the run: the first purchase may lie years back.
with

source as (

    select * from {{ source('billing', 'transactions') }}
    where
        {{ is_current_row() }}
        and transaction_month <= {{ last_run_month() }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        transaction_id,
        account_id,
        product_code,
        ---------- text
        transaction_kind,
        ---------- numerics
        amount,
        margin_amount,
        ---------- dates
        transaction_month,
        transaction_date

    from source

)

select * from final
