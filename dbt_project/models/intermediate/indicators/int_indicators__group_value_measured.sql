-- Null is missing. Outside a delivered list of ranks is infinity: known, and last.
with

joined as (

    select * from {{ ref('int_indicators__values_joined') }}

),

final as (

    select
        month,
        group_account_id,
        unified_payment_amount_3m / nullif(unified_payment_months, 0)
            as unified_payment_amount,
        member_bill_amount_3m / nullif(member_bill_months, 0) as member_bill_amount,
        informatization_amount_3m / nullif(informatization_months, 0)
            as informatization_amount,
        employees::numeric as employees,
        case when has_vnets then coalesce(vnet_users, 0)::numeric end as vnet_users,
        informatization_level::numeric as informatization_level,
        case when has_products then coalesce(informatization_products, 0)::numeric end
            as informatization_products,
        off_net_rate_pct,
        -- One unit from the first day on: signed is more than unsigned.
        case
            when signed_date <= month_end_date then greatest(signed_years, 0.01)
            when has_signed_dates then 0
        end as signed_years,
        case when has_influences then coalesce(influence_grade, 0)::numeric end
            as influence_grade,
        case when has_tax_ranks then coalesce(tax_rank::numeric, 'Infinity') end
            as tax_rank

    from joined

)

select * from final
