-- The budget that an account has for telecommunication, against what it spends with us
-- when a year is like the last months.
with

budgets as (

    select * from {{ ref('int_sales__budgets_resolved') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

indicators as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

final as (

    select
        budgets.month,
        budgets.group_account_id,
        accounts.manager_id,
        budgets.fiscal_year,
        budgets.reported_date,
        budgets.annual_budget_amount,
        budgets.telecom_budget_amount,
        indicators.total_amount_3m * 12 / {{ window_months() }} as yearly_spend_amount,
        budgets.telecom_budget_amount
        - indicators.total_amount_3m * 12 / {{ window_months() }}
            as open_budget_amount,
        round(
            100.0 * indicators.total_amount_3m * 12 / {{ window_months() }}
            / nullif(budgets.telecom_budget_amount, 0),
            2
        ) as share_of_budget_pct,
        round(
            100.0 * budgets.telecom_budget_amount
            / nullif(budgets.annual_budget_amount, 0),
            2
        ) as telecom_share_pct

    from budgets

    inner join accounts
        on
            budgets.month = accounts.month
            and budgets.group_account_id = accounts.group_account_id

    inner join indicators
        on
            budgets.month = indicators.month
            and budgets.group_account_id = indicators.group_account_id

)

select * from final
