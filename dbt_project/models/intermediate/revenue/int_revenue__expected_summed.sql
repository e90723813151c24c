-- What agreements bring an account in the months after the reported one (S4-09, S4-02).
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
        coalesce(
            sum(expected.expected_amount) filter (
                where
                expected.expected_month
                <= expected.month + make_interval(months => rules.expected_months)
            ),
            0
        ) as expected_amount_12m,
        sum(expected.expected_amount) as open_agreement_amount

    from expected

    inner join rules
        on expected.month = rules.month

    group by expected.month, expected.group_account_id

)

select * from final
