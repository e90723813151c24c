-- The budget that an account has for telecommunication, against what it spends with us
-- when a year is like the last months that landed.
with

budgets as (

    select * from {{ ref('int_sales__budgets_resolved') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

revenues as (

    select * from {{ ref('int_indicators__revenues_averaged') }}

),

final as (

    select
        budgets.month,
        budgets.group_account_id,
        accounts.manager_id,
        budgets.fiscal_year,
        budgets.fiscal_year = extract(year from budgets.month) as is_current_year,
        budgets.reported_date,
        budgets.annual_budget_amount,
        budgets.telecom_budget_amount,
        round(12 * revenues.average_amount, 2) as yearly_spend_amount,
        budgets.telecom_budget_amount - round(12 * revenues.average_amount, 2)
            as open_budget_amount,
        round(
            100 * 12 * revenues.average_amount
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

    inner join revenues
        on
            budgets.month = revenues.month
            and budgets.group_account_id = revenues.group_account_id

)

select * from final
