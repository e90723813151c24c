-- Average arrears in per cent of what was invoiced in the months that they look at
-- (S3-03, S4-02): how much of a year's invoices is overdue, however often there is one.
-- The rate of what is open can't tell that: of who pays at once, all that is ever open
-- at a month-end may be one yuan that was forgotten. A wrong invoice that was taken
-- back counts on neither side: to be sent one makes nobody a bad payer.
with

months as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

-- Without the notes: arrears before a note in part are of the whole invoice.
invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}
    where settled_invoice_id = invoice_id

),

invoices_withdrawn as (

    select * from {{ ref('int_revenue__invoices_withdrawn') }}

),

arrears as (

    select * from {{ ref('int_revenue__arrears_averaged') }}

),

arrears_withdrawn as (

    select * from {{ ref('int_revenue__arrears_withdrawn') }}

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

    left join invoices_withdrawn
        on
            months.month = invoices_withdrawn.month
            and invoices.invoice_id = invoices_withdrawn.invoice_id

    where invoices_withdrawn.invoice_id is null

    group by months.month, attributed.group_account_id

),

joined as (

    select
        arrears.month,
        arrears.group_account_id,
        coalesce(invoiced.invoiced_amount, 0) as invoiced_amount,
        (arrears.arrears_amount_sum - coalesce(withdrawn.withdrawn_amount_sum, 0))
        / arrears.averaged_months as average_amount

    from arrears

    left join arrears_withdrawn as withdrawn
        on
            arrears.month = withdrawn.month
            and arrears.group_account_id = withdrawn.group_account_id

    left join invoiced
        on
            arrears.month = invoiced.month
            and arrears.group_account_id = invoiced.group_account_id

),

final as (

    select
        month,
        group_account_id,
        -- Old arrears of who is invoiced nothing any more are all that there is.
        case
            when average_amount = 0 then 0
            when invoiced_amount <= average_amount then 100
            else round(100 * average_amount / invoiced_amount, 2)
        end as overdue_share_pct

    from joined

)

select * from final
