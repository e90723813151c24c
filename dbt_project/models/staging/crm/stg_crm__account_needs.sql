with

source as (

    select * from {{ source('crm', 'account_needs') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        need_id,
        account_id,
        product_code,
        ---------- text
        recorded_date,
        need_kind,
        need_text,
        wants_informatization,
        ---------- expectation
        expected_amount,
        date_trunc('month', expected_month)::date as expected_month,
        ---------- end
        closed_date,
        need_result

    from source

    where {{ is_current_row() }}

)

select * from final
