-- What accounts brought by product is what the company completed of each class, and
-- last year is what was invoiced in it, where the first invoice is no later than its
-- January, and else unknown (S2-21, F63).
with

revenues as (

    select * from {{ ref('fct_account_revenues') }}

),

completions as (

    select * from {{ ref('fct_plan_completions') }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

revenues_summed as (

    select
        month,
        revenue_class,
        sum(amount) as amount,
        sum(amount_ytd) as amount_ytd

    from revenues

    group by month, revenue_class

),

company as (

    select
        month,
        revenue_class,
        completed_amount,
        completed_amount_ytd

    from completions

    where plan_level = 'company'

),

last_years as (

    select
        month,
        sum(amount_last_year) as last_year,
        sum(amount_last_year_to_date) as last_year_to_date

    from revenues

    group by month

),

beginning as (

    select min(invoice_month) as first_month

    from invoices

),

years_invoiced as (

    select
        months.month,
        coalesce(
            sum(invoices.amount) filter (
                where invoices.invoice_month < date_trunc('year', months.month)
            ),
            0
        ) as last_year,
        coalesce(
            sum(invoices.amount) filter (
                where
                invoices.invoice_month <= months.month - make_interval(years => 1)
            ),
            0
        ) as last_year_to_date

    from months

    inner join invoices
        on
            months.month >= invoices.invoice_month
            and date_trunc('year', months.month) - make_interval(years => 1)
            <= invoices.invoice_month

    group by months.month

),

last_years_invoiced as (

    select
        years_invoiced.month,
        years_invoiced.last_year,
        years_invoiced.last_year_to_date,
        beginning.first_month
        <= date_trunc('year', years_invoiced.month) - make_interval(years => 1)
            as is_known

    from years_invoiced

    cross join beginning

)

select
    coalesce(revenues_summed.month, company.month) as month,
    coalesce(revenues_summed.revenue_class, company.revenue_class) as compared,
    revenues_summed.amount_ytd as found,
    company.completed_amount_ytd as expected

from revenues_summed

full join company
    on
        revenues_summed.month = company.month
        and revenues_summed.revenue_class = company.revenue_class

-- A class of which nothing was invoiced is planned for all the same.
where
    coalesce(revenues_summed.amount, 0) <> coalesce(company.completed_amount, 0)
    or coalesce(revenues_summed.amount_ytd, 0)
    <> coalesce(company.completed_amount_ytd, 0)

union all

select
    coalesce(last_years.month, last_years_invoiced.month) as month,
    'last year' as compared,
    last_years.last_year as found,
    case
        when last_years_invoiced.is_known then last_years_invoiced.last_year
    end as expected

from last_years

full join last_years_invoiced
    on last_years.month = last_years_invoiced.month

where
    last_years.last_year is distinct from case
        when last_years_invoiced.is_known then last_years_invoiced.last_year
    end
    or last_years.last_year_to_date is distinct from case
        when last_years_invoiced.is_known then last_years_invoiced.last_year_to_date
    end
