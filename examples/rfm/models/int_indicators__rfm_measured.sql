-- Recency, frequency and monetary value (F27) of whoever ever bought. Purchases of a
-- day count once; amounts are net of returns. Who never bought has no row.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

transactions as (

    select * from {{ ref('int_indicators__transactions_summed') }}

),

dictionary as (

    select * from {{ ref('indicators') }}

),

windows as (

    select
        max(window_months) filter (where indicator_id = 'rfm_frequency_days')
            as frequency_months,
        max(window_months) filter (where indicator_id = 'rfm_monetary_amount')
            as monetary_months

    from dictionary

),

final as (

    select
        months.month,
        transactions.group_account_id,
        (months.month_end_date - max(transactions.last_transaction_date))::numeric
            as rfm_recency_days,
        coalesce(
            sum(transactions.transaction_days) filter (
                where
                transactions.transaction_month
                > months.month - make_interval(months => windows.frequency_months)
            ),
            0
        ) as rfm_frequency_days,
        coalesce(
            sum(transactions.transaction_amount) filter (
                where
                transactions.transaction_month
                > months.month - make_interval(months => windows.monetary_months)
            ),
            0
        ) as rfm_monetary_amount

    from months

    cross join windows

    inner join transactions
        on months.month >= transactions.transaction_month

    group by months.month, months.month_end_date, transactions.group_account_id

    having max(transactions.last_transaction_date) is not null

)

select * from final
