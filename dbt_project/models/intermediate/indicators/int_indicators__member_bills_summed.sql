-- Individuals' lines are no group's revenue (S0-02): their bills are summed under their
-- own name, so that every bill is accounted for, and go no further.
with

bills as (

    select * from {{ ref('stg_billing__line_bills') }}

),

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

attributed as (

    select
        bills.bill_month,
        bills.amount,
        case
            when lines.is_individual then 'individuals'
            else coalesce(lines.group_account_id, 'unidentified-unknown')
        end as group_account_id

    from bills

    left join lines
        on
            {{ refers_to('bills', 'lines', 'line_id') }}
            and lines.in_force_from_month <= bills.bill_month
            and lines.in_force_to_month > bills.bill_month

),

final as (

    select
        bill_month,
        group_account_id,
        sum(amount) as member_bill_amount,
        count(*) as member_bill_rows

    from attributed

    group by bill_month, group_account_id

)

select * from final
