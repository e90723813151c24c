-- Month-end arrears, averaged over the months that the rules look at, from the month of
-- the account's first invoice on (S4-02). The rate is what is overdue in per cent of
-- what is owed, over all those month-ends together.
with

months as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

receivables as (

    select * from {{ ref('int_revenue__receivables_summed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

beginnings as (

    select
        group_account_id,
        min(invoice_month) as first_invoice_month

    from invoices

    group by group_account_id

),

invoiced as (

    select
        months.month,
        attributed.group_account_id,
        months.receivable_months,
        min(beginnings.first_invoice_month) as first_invoice_month

    from months

    inner join attributed
        on months.month = attributed.month

    inner join beginnings
        on
            attributed.group_account_id_named = beginnings.group_account_id
            and attributed.month >= beginnings.first_invoice_month

    group by months.month, attributed.group_account_id, months.receivable_months

),

owed as (

    select
        months.month,
        attributed.group_account_id,
        sum(receivables.open_amount) as open_amount_sum,
        sum(receivables.arrears_amount) as arrears_amount_sum

    from months

    inner join receivables
        on
            months.month >= receivables.statement_month
            and months.month
            < receivables.statement_month
            + make_interval(months => months.receivable_months)

    inner join attributed
        on
            months.month = attributed.month
            and receivables.group_account_id = attributed.group_account_id_named

    group by months.month, attributed.group_account_id

),

joined as (

    select
        invoiced.month,
        invoiced.group_account_id,
        owed.open_amount_sum,
        coalesce(owed.arrears_amount_sum, 0) as arrears_amount_sum,
        least(
            invoiced.receivable_months,
            {{ month_number('invoiced.month') }}
            - {{ month_number('invoiced.first_invoice_month') }}
            + 1
        ) as averaged_months

    from invoiced

    left join owed
        on
            invoiced.month = owed.month
            and invoiced.group_account_id = owed.group_account_id

),

final as (

    select
        month,
        group_account_id,
        arrears_amount_sum,
        averaged_months,
        arrears_amount_sum / averaged_months as average_arrears_amount,
        coalesce(100 * arrears_amount_sum / nullif(open_amount_sum, 0), 0)
            as average_arrears_rate_pct

    from joined

)

select * from final
