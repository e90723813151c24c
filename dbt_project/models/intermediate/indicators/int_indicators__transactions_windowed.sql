-- The dictionary says how far back each sum looks, and has_trade and has_profit whether
-- the account has anything there; a margin is null where none is known.
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

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

windows as (

    select
        max(window_months) filter (where indicator_id = 'transaction_amount')
            as trade_months,
        max(window_months) filter (where indicator_id = 'profit_contribution_amount')
            as profit_months

    from indicators

),

traded as (

    select
        months.month,
        attributed.group_account_id,
        transactions.transaction_month
        > months.month - make_interval(months => windows.trade_months) as is_trade,
        transactions.transaction_month
        > months.month - make_interval(months => windows.profit_months) as is_profit,
        transactions.transaction_count,
        transactions.return_count,
        transactions.transaction_amount,
        transactions.sale_amount,
        transactions.return_amount,
        transactions.largest_transaction_amount,
        transactions.margin_amount,
        transactions.margin_base_amount,
        transactions.transaction_days,
        transactions.first_transaction_date,
        transactions.last_transaction_date

    from months

    cross join windows

    inner join transactions
        on
            months.month >= transactions.transaction_month
            and months.month < transactions.transaction_month
            + make_interval(
                months => greatest(windows.trade_months, windows.profit_months)
            )

    inner join attributed
        on
            months.month = attributed.month
            and transactions.group_account_id = attributed.group_account_id_named

),

final as (

    select
        month,
        group_account_id,
        {%- for column in [
            'transaction_count', 'return_count', 'transaction_amount', 'sale_amount',
            'return_amount', 'margin_base_amount', 'transaction_days',
        ] %}
        coalesce(sum({{ column }}) filter (where is_trade), 0) as {{ column }},
        {%- endfor %}
        coalesce(max(largest_transaction_amount) filter (where is_trade), 0)
            as largest_transaction_amount,
        min(first_transaction_date) filter (where is_trade) as first_transaction_date,
        max(last_transaction_date) filter (where is_trade) as last_transaction_date,
        sum(margin_amount) filter (where is_trade) as margin_amount,
        sum(margin_amount) filter (where is_profit) as profit_contribution_amount,
        bool_or(is_trade) as has_trade,
        bool_or(is_profit) as has_profit

    from traded

    group by month, group_account_id

)

select * from final
