-- Null is missing. Outside a delivered list of ranks is infinity: known, and last.
with

joined as (

    select * from {{ ref('int_indicators__values_joined') }}

),

indicators as (

    select * from {{ ref('indicators') }}

),

scales as (

    select
        count(*) as indicators_known,
        {%- for indicator in indicator_columns().split() %}
        max(scale) filter (where indicator_id = '{{ indicator }}') as {{ indicator }},
        {%- endfor %}
        max(window_months) as longest_window_months

    from indicators

),

measured as (

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
            as tax_rank,
        total_amount,
        total_amount_3m,
        unified_payment_amount_3m,
        unified_payment_rows,
        member_bill_rows,
        informatization_rows,
        leased_lines,
        member_lines

    from joined

),

rounded as (

    select
        measured.month,
        measured.group_account_id,
        {%- for indicator in indicator_columns().split() %}
        round(measured.{{ indicator }}, scales.{{ indicator }}) as {{ indicator }},
        {%- endfor %}
        measured.total_amount,
        measured.total_amount_3m,
        measured.unified_payment_amount_3m,
        measured.unified_payment_rows,
        measured.member_bill_rows,
        measured.informatization_rows,
        measured.leased_lines,
        measured.member_lines

    from measured

    cross join scales

),

final as (

    select
        month,
        group_account_id,
        {%- for indicator in indicator_columns().split() %}
        {{ indicator }},
        {%- endfor %}
        array_remove(
            array[
                {%- for indicator in indicator_columns().split() %}
                case when {{ indicator }} is null then '{{ indicator }}' end
                {{- ',' if not loop.last }}
                {%- endfor %}
            ],
            null
        ) as missing_indicators,
        total_amount,
        total_amount_3m,
        unified_payment_amount_3m,
        unified_payment_rows,
        member_bill_rows,
        informatization_rows,
        leased_lines,
        member_lines

    from rounded

)

select * from final
