with

source as (

    select * from {{ source('crm', 'account_profiles') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        account_id,
        recorded_date,
        ---------- text
        enterprise_nature,
        region_kind,
        business_region,
        main_business,
        joining_channel,
        payment_method,
        credit_grade,
        website,
        postal_code,
        ---------- numerics
        registered_capital_amount,
        ---------- booleans
        is_listed

    from source

    where {{ is_current_row() }}

)

select * from final
