-- Written from the dictionary: whatever it lists is joined, rounded and counted here.
-- What a model doesn't measure of an account is missing.
with

{% for model in indicator_models().split() -%}
{{ model }} as (

    select * from {{ ref(model) }}

),

{% endfor -%}
accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

totals as (

    select * from {{ ref('int_indicators__values_joined') }}

),

indicators as (

    select * from {{ ref('indicators') }}

),

scales as (

    select
        {%- for indicator in indicator_columns().split() %}
        max(scale) filter (where indicator_id = '{{ indicator }}') as {{ indicator }},
        {%- endfor %}
        count(*) as indicators

    from indicators

),

rounded as (

    select
        accounts.month,
        accounts.group_account_id,
        accounts.account_kind,
        {%- for model in indicator_models().split() %}
        {%- for indicator in indicators_of(model).split() %}
        round({{ model }}.{{ indicator }}::numeric, scales.{{ indicator }})
            as {{ indicator }},
        {%- endfor %}
        {%- endfor %}
        coalesce(totals.total_amount, 0) as total_amount,
        coalesce(totals.total_amount_3m, 0) as total_amount_3m,
        coalesce(totals.unified_payment_amount_3m, 0) as unified_payment_amount_3m,
        coalesce(totals.unified_payment_rows, 0) as unified_payment_rows,
        coalesce(totals.member_bill_rows, 0) as member_bill_rows,
        coalesce(totals.informatization_rows, 0) as informatization_rows,
        coalesce(totals.leased_lines, 0) as leased_lines,
        coalesce(totals.member_lines, 0) as member_lines

    from accounts

    cross join scales

    left join totals
        on
            accounts.month = totals.month
            and accounts.group_account_id = totals.group_account_id
    {% for model in indicator_models().split() %}
    left join {{ model }}
        on
            accounts.month = {{ model }}.month
            and accounts.group_account_id = {{ model }}.group_account_id
    {% endfor %}
),

final as (

    select
        month,
        group_account_id,
        account_kind,
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
