-- Average arrears in per cent of what was invoiced in the months that they look at
-- (S3-03, S4-02): how much of a year's invoices is overdue, however often there is one.
-- The rate of what is open can't tell that: of who pays at once, all that is ever open
-- at a month-end may be one yuan that was forgotten.
with

months as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

arrears as (

    select * from {{ ref('int_revenue__arrears_averaged') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

invoiced as (

    select
        months.month,
        attributed.group_account_id,
        sum(invoices.amount) as invoiced_amount

    from months

    inner join invoices
        on
            months.month >= invoices.invoice_month
            and months.month
            < invoices.invoice_month + make_interval(months => months.receivable_months)

    inner join attributed
        on
            months.month = attributed.month
            and invoices.group_account_id = attributed.group_account_id_named

    group by months.month, attributed.group_account_id

),

final as (

    select
        arrears.month,
        arrears.group_account_id,
        -- Old arrears of who is invoiced nothing any more are all that there is.
        case
            when arrears.average_arrears_amount = 0 then 0
            when
                coalesce(invoiced.invoiced_amount, 0)
                <= arrears.average_arrears_amount
                then 100
            else
                round(
                    100 * arrears.average_arrears_amount / invoiced.invoiced_amount, 2
                )
        end as overdue_share_pct

    from arrears

    left join invoiced
        on
            arrears.month = invoiced.month
            and arrears.group_account_id = invoiced.group_account_id

)

select * from final
