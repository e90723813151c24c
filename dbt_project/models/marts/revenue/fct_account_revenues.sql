with

invoices as (

    select * from {{ ref('int_revenue__invoices_classed') }}

),

addressed as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

months_invoiced as (

    select distinct month

    from invoices

    where invoice_month = month

),

-- The year before is known where invoices reach back to its January.
beginning as (

    select min(invoice_month) as first_month

    from addressed

),

dated as (

    select
        invoices.month,
        attributed.group_account_id,
        invoices.product_code,
        invoices.revenue_class,
        invoices.amount,
        months_invoiced.month is not null as has_landed,
        beginning.first_month
        <= date_trunc('year', invoices.month) - make_interval(years => 1)
            as has_last_year,
        invoices.invoice_month = invoices.month as is_of_month,
        invoices.invoice_month < date_trunc('year', invoices.month) as is_last_year,
        invoices.invoice_month <= invoices.month - make_interval(years => 1)
            as is_last_year_to_date

    from invoices

    cross join beginning

    inner join attributed
        on
            invoices.month = attributed.month
            and invoices.group_account_id = attributed.group_account_id_named

    left join months_invoiced
        on invoices.month = months_invoiced.month

),

final as (

    select
        month,
        group_account_id,
        product_code,
        revenue_class,
        case
            when has_landed then coalesce(sum(amount) filter (where is_of_month), 0)
        end as amount,
        case
            when has_landed
                then coalesce(sum(amount) filter (where not is_last_year), 0)
        end as amount_ytd,
        case
            when has_last_year
                then coalesce(sum(amount) filter (where is_last_year), 0)
        end as amount_last_year,
        case
            when has_last_year
                then coalesce(sum(amount) filter (where is_last_year_to_date), 0)
        end as amount_last_year_to_date

    from dated

    group by
        month, group_account_id, product_code, revenue_class, has_landed, has_last_year

)

select * from final
