with

expected as (

    select * from {{ ref('int_revenue__expected_split') }}

),

rules as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

final as (

    select
        expected.month,
        expected.group_account_id,
        expected.expected_month,
        {{ month_number('expected.expected_month') }}
        - {{ month_number('expected.month') }} as months_ahead,
        sum(expected.agreements)::bigint as agreements,
        sum(expected.expected_amount) as expected_amount

    from expected

    inner join rules
        on expected.month = rules.month

    where
        expected.expected_month
        <= expected.month + make_interval(months => rules.expected_months)

    group by expected.month, expected.group_account_id, expected.expected_month

)

select * from final
