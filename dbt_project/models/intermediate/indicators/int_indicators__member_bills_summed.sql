-- Bills of individuals' lines are left out: they are no group's revenue (S0-02).
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
        coalesce(lines.group_account_id, 'unidentified-unknown') as group_account_id

    from bills

    left join lines
        on
            {{ refers_to('bills', 'lines', 'line_id') }}
            and lines.in_force_from_month <= bills.bill_month
            and lines.in_force_to_month > bills.bill_month

    where lines.is_individual is not true

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
