-- What an account bought since it came, and how it grows (S3-03). A year or quarter of
-- the averages is a whole one of trading, counted back from the month; who has none yet
-- has no average. Growth sets the last twelve months against the twelve before them, as
-- the dictionary's window says; who came in their course has no year to grow from.
{%- set periods = [('yearly', 12), ('quarterly', 3), ('monthly', 1)] %}
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

beginnings as (

    select
        group_account_id,
        min(transaction_month) as first_month

    from transactions

    group by group_account_id

),

dated as (

    select
        months.month,
        transactions.group_account_id,
        transactions.transaction_amount,
        {{ month_number('months.month') }}
        - {{ month_number('transactions.transaction_month') }} as months_ago,
        {{ month_number('months.month') }}
        - {{ month_number('beginnings.first_month') }} + 1 as trading_months

    from months

    inner join transactions
        on months.month >= transactions.transaction_month

    inner join beginnings
        on transactions.group_account_id = beginnings.group_account_id

),

summed as (

    select
        dated.month,
        dated.group_account_id,
        dated.trading_months,
        windows.trade_months,
        sum(dated.transaction_amount) as cumulative_amount,
        {%- for period, months in periods %}
        sum(dated.transaction_amount) filter (
            where dated.months_ago < dated.trading_months / {{ months }} * {{ months }}
        ) as {{ period }}_amount,
        {%- endfor %}
        sum(dated.transaction_amount) filter (
            where dated.months_ago < windows.trade_months
        ) as window_amount,
        sum(dated.transaction_amount) filter (
            where
            dated.months_ago >= windows.trade_months
            and dated.months_ago < 2 * windows.trade_months
        ) as window_before_amount

    from dated

    cross join windows

    group by
        dated.month,
        dated.group_account_id,
        dated.trading_months,
        windows.trade_months

),

final as (

    select
        month,
        group_account_id,
        cumulative_amount as cumulative_sales_amount,
        {%- for period, months in periods %}
        case
            when trading_months >= {{ months }}
                then
                    round(
                        coalesce({{ period }}_amount, 0)
                        / (trading_months / {{ months }}),
                        2
                    )
        end as average_{{ period }}_sales_amount,
        {%- endfor %}
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
