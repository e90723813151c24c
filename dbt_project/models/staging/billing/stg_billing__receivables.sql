with

source as (

    select * from {{ source('billing', 'receivables') }}
    where
        {{ is_current_row() }}
        and {{ in_run_months('statement_month') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        statement_month,
        account_id,
        ---------- numerics
        receivable_amount,
        arrears_amount

    from source

)

select * from final
