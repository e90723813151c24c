-- Revenue a month, on average of the months that landed; each kind of bill by its own
-- months, as its indicator has it. A kind that never landed brings nothing known. The
-- reported month is compared by the kinds that landed in it and before: a delivery that
-- is missing is no fall, a first one no rise.
with

measured as (

    select * from {{ ref('int_indicators__group_value_measured') }}

),

joined as (

    select * from {{ ref('int_indicators__values_joined') }}

),

final as (

    select
        joined.month,
        joined.group_account_id,
        sum(kinds.average_amount) as average_amount,
        sum(kinds.amount) filter (where kinds.is_compared) as compared_amount,
        sum(kinds.average_amount) filter (where kinds.is_compared)
            as compared_average_amount

    from joined

    inner join measured
        on
            joined.month = measured.month
            and joined.group_account_id = measured.group_account_id

    cross join
        lateral (
            values
            (
                joined.unified_payment_amount_1m,
                measured.unified_payment_amount,
                joined.has_unified_payments and joined.unified_payment_months > 1
            ),
            (
                joined.member_bill_amount_1m,
                measured.member_bill_amount,
                joined.has_member_bills and joined.member_bill_months > 1
            ),
            (
                joined.informatization_amount_1m,
                measured.informatization_amount,
                joined.has_informatization_bills and joined.informatization_months > 1
            )
        ) as kinds (amount, average_amount, is_compared)

    group by joined.month, joined.group_account_id

)

select * from final
