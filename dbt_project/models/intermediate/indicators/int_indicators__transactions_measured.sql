-- Transaction indicators of the value pyramid (S4-02), amounts net of returns. Who
-- bought nothing has zeros once transactions of the branch landed in the window; a
-- rate, a mean or a cycle of nothing is missing, as are the returns of who bought and
-- returned nothing, and the margin of who bought without a margin told. The age of who
-- ever bought is known whatever the window.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

windows as (

    select * from {{ ref('int_indicators__transactions_windowed') }}

),

dates as (

    select * from {{ ref('int_indicators__transactions_dated') }}

),

expected as (

    select * from {{ ref('int_indicators__sales_expected') }}

),

joined as (

    select
        accounts.month,
        accounts.group_account_id,
        windows.transaction_count,
        windows.return_count,
        windows.transaction_amount,
        windows.sale_amount,
        windows.return_amount,
        windows.margin_amount,
        windows.margin_base_amount,
        windows.largest_transaction_amount,
        windows.transaction_days,
        windows.first_transaction_date as first_in_window_date,
        windows.last_transaction_date,
        windows.profit_contribution_amount,
        windows.has_trade,
        windows.has_profit,
        case
            when dates.first_transaction_date <= months.month_end_date
                then dates.first_transaction_date
        end as first_transaction_date,
        case
            when dates.first_transaction_date <= months.month_end_date
                then age(months.month_end_date, dates.first_transaction_date)
        end as trading_age,
        bool_or(windows.has_trade) over branches as has_trade_landed,
        bool_or(windows.has_profit) over branches as has_profit_landed,
        expected.expected_sales_amount

    from accounts

    inner join months
        on accounts.month = months.month

    left join windows
        on
            accounts.month = windows.month
            and accounts.group_account_id = windows.group_account_id

    left join dates
        on accounts.group_account_id = dates.group_account_id

    left join expected
        on
            accounts.month = expected.month
            and accounts.group_account_id = expected.group_account_id

    window branches as (partition by accounts.month, accounts.branch_id)

),

final as (

    select
        month,
        group_account_id,
        {%- for column in [
            'transaction_count', 'transaction_amount', 'largest_transaction_amount',
            'transaction_days',
        ] %}
        case when has_trade_landed then coalesce({{ column }}, 0) end as {{ column }},
        {%- endfor %}
        {%- for column in ['return_amount', 'return_count'] %}
        case
            when transaction_count > 0 then {{ column }}
            else nullif({{ column }}, 0)
        end as {{ column }},
        {%- endfor %}
        case when has_trade then margin_amount when has_trade_landed then 0 end
            as transaction_margin_amount,
        case
            when has_profit then profit_contribution_amount
            when has_profit_landed then 0
        end as profit_contribution_amount,
        100 * margin_amount / nullif(greatest(margin_base_amount, 0), 0)
            as gross_margin_pct,
        sale_amount / nullif(transaction_count, 0) as average_transaction_amount,
        coalesce(
            12 * extract(year from trading_age) + extract(month from trading_age),
            case when has_trade_landed then 0 end
        ) as transaction_age_months,
        (last_transaction_date - first_in_window_date)::numeric
        / nullif(greatest(transaction_days - 1, 0), 0) as transaction_cycle_days,
        expected_sales_amount,
        first_transaction_date,
        last_transaction_date

    from joined

)

select * from final
