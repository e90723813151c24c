-- Revenue a month, on average of the months that landed; each kind of bill by its own
-- months, as its indicator has it. A kind that never landed brings nothing known.
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
        joined.total_amount,
        greatest(
            joined.unified_payment_months,
            joined.member_bill_months,
            joined.informatization_months
        ) as landed_months,
        case
            when
                coalesce(
                    measured.unified_payment_amount,
                    measured.member_bill_amount,
                    measured.informatization_amount
                ) is not null
                then
                    coalesce(measured.unified_payment_amount, 0)
                    + coalesce(measured.member_bill_amount, 0)
                    + coalesce(measured.informatization_amount, 0)
        end as average_amount

    from joined

    inner join measured
        on
            joined.month = measured.month
            and joined.group_account_id = measured.group_account_id

)

select * from final
