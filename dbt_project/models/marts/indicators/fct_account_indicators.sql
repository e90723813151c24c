with

measured as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

final as (

    select
        month,
        group_account_id,
        unified_payment_amount,
        member_bill_amount,
        informatization_amount,
        employees::integer as employees,
        vnet_users::integer as vnet_users,
        informatization_level::smallint as informatization_level,
        informatization_products::integer as informatization_products,
        off_net_rate_pct,
        signed_years,
        influence_grade::smallint as influence_grade,
        -- Outside a delivered list there is no place to show.
        nullif(tax_rank, 'Infinity')::integer as tax_rank,
        missing_indicators,
        total_amount,
        total_amount_3m,
        unified_payment_rows,
        member_bill_rows,
        informatization_rows,
        leased_lines,
        member_lines

    from measured

)

select * from final
