with

source as (

    select * from {{ source('crm', 'agreements') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        agreement_id,
        account_id,
        product_code,
        ---------- text
        agreement_name,
        ---------- dates
        signed_date,
        starts_date,
        ends_date,
        ---------- numerics
        amount

    from source

    where {{ is_current_row() }}

)

select * from final
