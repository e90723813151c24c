-- Guards S2-03: what groups and individuals were billed stands in one segment, no
-- segment has fewer than no people, and the people are the lines alive.
with

composition as (

    select * from {{ ref('fct_segment_composition') }}

),

measured as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

member_bills as (

    select * from {{ ref('int_indicators__member_bills_summed') }}

),

lines as (

    select * from {{ ref('int_customers__lines_counted') }}

),

composed as (

    select
        month,
        sum(amount) as amount,
        sum(people) as people,
        min(people) as fewest_people

    from composition

    group by month

),

billed as (

    select
        month,
        sum(total_amount) as amount

    from measured

    group by month

),

lived as (

    select
        month,
        sum(lines) as people

    from lines

    group by month

)

select
    composed.month,
    composed.amount,
    billed.amount + coalesce(member_bills.member_bill_amount, 0) as billed_amount,
    composed.people,
    lived.people as people_alive

from composed

inner join billed
    on composed.month = billed.month

left join lived
    on composed.month = lived.month

left join member_bills
    on
        composed.month = member_bills.bill_month
        and member_bills.group_account_id = 'individuals'

where
    composed.amount <> billed.amount + coalesce(member_bills.member_bill_amount, 0)
    or composed.people <> coalesce(lived.people, 0)
    or composed.fewest_people < 0
