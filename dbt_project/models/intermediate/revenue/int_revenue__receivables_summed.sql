-- What an account owes at the end of a month, for the reported months and those that
-- their averages look back on (S4-02). An open amount is arrears once its due date has
-- passed; amounts in credit stand beside and lessen neither.
with

months as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

balances as (

    select * from {{ ref('int_revenue__balances_dated') }}

),

statement_months as (

    select distinct
        statements.month::date as month,
        (statements.month + interval '1 month - 1 day')::date as month_end_date

    from months

    cross join
        lateral generate_series(
            months.month - make_interval(months => months.receivable_months - 1),
            months.month,
            interval '1 month'
        ) as statements (month)

),

final as (

    select
        statement_months.month as statement_month,
        balances.group_account_id,
        sum(greatest(balances.balance_amount, 0)) as open_amount,
        coalesce(
            sum(greatest(balances.balance_amount, 0)) filter (
                where balances.due_date < statement_months.month_end_date
            ),
            0
        ) as arrears_amount,
        sum(greatest(-balances.balance_amount, 0)) as credit_amount,
        count(*) filter (where balances.balance_amount > 0) as open_invoices,
        count(*) filter (
            where
            balances.balance_amount > 0
            and balances.due_date < statement_months.month_end_date
        ) as overdue_invoices,
        min(balances.due_date) filter (
            where
            balances.balance_amount > 0
            and balances.due_date < statement_months.month_end_date
        ) as oldest_due_date

    from statement_months

    inner join balances
        on
            statement_months.month >= balances.from_month
            and statement_months.month < balances.to_month

    group by statement_months.month, balances.group_account_id

)

select * from final
