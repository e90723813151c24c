-- What accounts brought by product is what the company completed of each class, and
-- last year is what was invoiced in it (S2-21, F63).
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

last_years_invoiced as (

    select
        last_years.month,
        sum(invoices.amount) as last_year,
        sum(invoices.amount) filter (
            where
            invoices.invoice_month <= last_years.month - make_interval(years => 1)
        ) as last_year_to_date

    from last_years

    inner join invoices
        on
            date_trunc('year', last_years.month) - make_interval(years => 1)
            = date_trunc('year', invoices.invoice_month)

    group by last_years.month

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
    last_years.month,
    'last year' as compared,
    last_years.last_year as found,
    last_years_invoiced.last_year as expected

from last_years

inner join last_years_invoiced
    on last_years.month = last_years_invoiced.month

where
    last_years.last_year is not null
    and (
        last_years.last_year <> last_years_invoiced.last_year
        or last_years.last_year_to_date is distinct from
        last_years_invoiced.last_year_to_date
    )
