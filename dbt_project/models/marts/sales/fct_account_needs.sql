with

needs as (

    select * from {{ ref('int_sales__needs_dated') }}

),

final as (

    select
        month,
        system_name,
        need_id,
        group_account_id,
        account_id_crm,
        need_kind,
        need_text,
        wants_informatization,
        product_code,
        expected_amount,
        expected_month,
        recorded_date,
        closed_date,
        need_result,
        is_open,
        is_overdue

    from needs

)

select * from final
