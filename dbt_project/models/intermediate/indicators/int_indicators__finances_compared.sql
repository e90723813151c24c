-- The figures of each financial year that were known at the month's end, against those
-- of the years before it. Of several records the latest report that tells a figure
-- holds; those of one day go by their key. A loss is no base to grow from, and no mean
-- is told of three years unless all three are known.
{%- set figures = ['sales_amount', 'profit_amount', 'asset_amount'] %}
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

finances as (

    select * from {{ ref('stg_crm__account_finances') }}
    where coalesce(sales_amount, profit_amount, asset_amount) is not null

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

dated as (

    select
        months.month,
        records.group_account_id,
        finances.fiscal_year,
        {%- for figure in figures %}
        (
            array_agg(
                finances.{{ figure }}
                order by finances.reported_date desc, records.source_record_id asc
            ) filter (where finances.{{ figure }} is not null)
        )[1] as {{ figure }},
        {%- endfor %}
        max(finances.reported_date) as reported_date

    from months

    inner join finances
        on months.month_end_date >= finances.reported_date

    inner join records
        on {{ refers_to('finances', 'records', 'account_id') }}

    group by months.month, records.group_account_id, finances.fiscal_year

),

-- A base that is nothing or a loss is left out here.
compared as (

    select
        month,
        group_account_id,
        fiscal_year,
        reported_date,
        sales_amount,
        profit_amount,
        asset_amount,
        max(nullif(greatest(sales_amount, 0), 0)) over year_before as sales_base,
        max(nullif(greatest(profit_amount, 0), 0)) over year_before as profit_base,
        max(nullif(greatest(sales_amount, 0), 0)) over two_before as sales_base_3y,
        avg(sales_amount) over three_years as average_sales,
        count(sales_amount) over three_years as years_known,
        row_number() over (
            partition by month, group_account_id
            order by sales_amount is not null desc, fiscal_year desc
        ) = 1 as is_latest_year

    from dated

    window
        year_before as (
            partition by month, group_account_id
            order by fiscal_year range between 1 preceding and 1 preceding
        ),
        two_before as (
            partition by month, group_account_id
            order by fiscal_year range between 2 preceding and 2 preceding
        ),
        three_years as (
            partition by month, group_account_id
            order by fiscal_year range between 2 preceding and current row
        )

),

final as (

    select
        month,
        group_account_id,
        fiscal_year,
        is_latest_year,
        reported_date,
        sales_amount,
        profit_amount,
        asset_amount,
        round(100 * (sales_amount - sales_base) / sales_base, 2) as sales_growth_pct,
        round(100 * (profit_amount - profit_base) / profit_base, 2)
            as profit_growth_pct,
        case when years_known = 3 then round(average_sales, 2) end
            as average_sales_3y_amount,
        round(100 * (sales_amount - sales_base_3y) / sales_base_3y, 2)
            as sales_growth_3y_pct

    from compared

)

select * from final
