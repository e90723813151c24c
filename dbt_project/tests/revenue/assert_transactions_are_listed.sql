-- Each order and return of a month that landed is listed once, unidentified ones too
-- (S4-05, S4-08).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

landed as (

    select * from {{ ref('stg_billing__transactions') }}

),

listed as (

    select * from {{ ref('fct_transactions') }}

),

landed_summed as (

    select
        months.month,
        count(landed.transaction_id) as transactions,
        coalesce(sum(landed.amount), 0) as amount

    from months

    left join landed
        on months.month = landed.transaction_month

    group by months.month

),

listed_summed as (

    select
        month,
        count(*) as transactions,
        sum(amount) as amount

    from listed

    group by month

)

select
    landed_summed.month,
    landed_summed.transactions,
    listed_summed.transactions as transactions_listed,
    landed_summed.amount,
    listed_summed.amount as amount_listed

from landed_summed

left join listed_summed
    on landed_summed.month = listed_summed.month

where
    landed_summed.transactions <> coalesce(listed_summed.transactions, 0)
    or landed_summed.amount <> coalesce(listed_summed.amount, 0)
