with

source as (

    select * from {{ source('ledger', 'leased_lines') }}
    where {{ is_known_row() }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        circuit_id,
        account_id,
        product_code,
        ---------- numerics
        bandwidth_mbps,
        monthly_rent,
        ---------- dates
        installed_date,
        removed_date,
        {{ version_dates('_system, circuit_id') }},
        ---------- landing
        _first_load_id

    from source

)

select * from final
