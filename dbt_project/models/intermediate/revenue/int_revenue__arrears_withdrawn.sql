-- What month-end arrears of the months looked at hold of invoices that were later taken
-- back whole: nobody owed it (S3-03, S4-02).
with

months as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

withdrawn as (

    select * from {{ ref('int_revenue__invoices_withdrawn') }}

),

balances as (

    select * from {{ ref('int_revenue__balances_dated') }}
    where balance_amount > 0

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

statement_months as (

    select
        months.month,
        statements.month::date as statement_month,
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
        withdrawn.month,
        attributed.group_account_id,
        sum(balances.balance_amount) as withdrawn_amount_sum

    from withdrawn

    inner join balances
        on withdrawn.invoice_id = balances.invoice_id

    inner join statement_months
        on
            withdrawn.month = statement_months.month
            and balances.from_month <= statement_months.statement_month
            and balances.to_month > statement_months.statement_month
            and balances.due_date < statement_months.month_end_date

    inner join attributed
        on
            withdrawn.month = attributed.month
            and balances.group_account_id = attributed.group_account_id_named

    group by withdrawn.month, attributed.group_account_id

)

select * from final
