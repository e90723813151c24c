-- Every bill of a reported month is the revenue of one account, unidentified ones
-- included, to the cent; only the lines of individuals are none (S0-02).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

line_bills as (

    select * from {{ ref('stg_billing__line_bills') }}

),

unified_payment_bills as (

    select * from {{ ref('stg_billing__unified_payment_bills') }}

),

informatization_bills as (

    select * from {{ ref('stg_billing__informatization_bills') }}

),

member_bills as (

    select * from {{ ref('int_indicators__member_bills_summed') }}

),

accounts as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

amounts as (

    select
        bill_month as month,
        sum(amount) as billed_amount,
        0 as individuals_amount,
        0 as accounts_amount
    from line_bills
    group by bill_month

    union all

    select
        bill_month as month,
        sum(amount) as billed_amount,
        0 as individuals_amount,
        0 as accounts_amount
    from unified_payment_bills
    group by bill_month

    union all

    select
        bill_month as month,
        sum(amount) as billed_amount,
        0 as individuals_amount,
        0 as accounts_amount
    from informatization_bills
    group by bill_month

    union all

    select
        bill_month as month,
        0 as billed_amount,
        member_bill_amount as individuals_amount,
        0 as accounts_amount
    from member_bills
    where group_account_id = 'individuals'

    union all

    select
        month,
        0 as billed_amount,
        0 as individuals_amount,
        sum(total_amount) as accounts_amount
    from accounts
    group by month

)

select
    amounts.month,
    sum(amounts.billed_amount) as billed_amount,
    sum(amounts.individuals_amount) as individuals_amount,
    sum(amounts.accounts_amount) as accounts_amount

from amounts

inner join months
    on amounts.month = months.month

group by amounts.month

having
    sum(amounts.billed_amount)
    <> sum(amounts.individuals_amount) + sum(amounts.accounts_amount)
