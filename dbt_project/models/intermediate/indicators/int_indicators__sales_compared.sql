-- What an account bought since it came, on average, and how it grows (S3-03): the last
-- twelve months against the twelve before them, as the dictionary's window says. Who
-- came in the course of the year before has no whole year to grow from.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

transactions as (

    select * from {{ ref('int_indicators__transactions_summed') }}

),

indicators as (

    select * from {{ ref('indicators') }}

),

windows as (

    select
        max(window_months) filter (where indicator_id = 'transaction_amount')
            as trade_months

    from indicators

),

summed as (

    select
        months.month,
        transactions.group_account_id,
        windows.trade_months,
        sum(transactions.transaction_amount) as cumulative_sales_amount,
        {{ month_number('months.month') }}
        - {{ month_number('min(transactions.transaction_month)') }}
        + 1 as trading_months,
        sum(transactions.transaction_amount) filter (
            where
            transactions.transaction_month
            > months.month - make_interval(months => windows.trade_months)
        ) as window_amount,
        sum(transactions.transaction_amount) filter (
            where
            transactions.transaction_month
            <= months.month - make_interval(months => windows.trade_months)
            and transactions.transaction_month
            > months.month - make_interval(months => 2 * windows.trade_months)
        ) as window_before_amount

    from months

    cross join windows

    inner join transactions
        on months.month >= transactions.transaction_month

    group by months.month, transactions.group_account_id, windows.trade_months

),

final as (

    select
        month,
        group_account_id,
        cumulative_sales_amount,
        round(cumulative_sales_amount * 12 / trading_months, 2)
            as average_yearly_sales_amount,
        round(cumulative_sales_amount * 3 / trading_months, 2)
            as average_quarterly_sales_amount,
        round(cumulative_sales_amount / trading_months, 2)
            as average_monthly_sales_amount,
        case
            when window_before_amount > 0 and trading_months >= 2 * trade_months
                then
                    round(
                        100 * (coalesce(window_amount, 0) - window_before_amount)
                        / window_before_amount,
                        2
                    )
        end as sales_growth_pct

    from summed

)

select * from final
