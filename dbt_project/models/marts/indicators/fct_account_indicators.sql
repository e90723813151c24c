{{ config(post_hook="{{ comment_indicators(this) }}") }}
{%- set types = indicator_types().split() %}

-- Written from the dictionary, as what it reads: an indicator is a column.
with

measured as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

final as (

    -- Outside a delivered list there is no place to show.
    select
        month,
        group_account_id,
        {%- for indicator in indicator_columns().split() %}
        nullif({{ indicator }}, 'Infinity')::{{ types[loop.index0] }}
            as {{ indicator }},
        {%- endfor %}
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
