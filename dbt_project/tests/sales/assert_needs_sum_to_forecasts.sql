-- S2-07: the needs of a month, one by one and as its forecasts sum them, are those that
-- were recorded by its end and not closed by then; resources and difficulties are none.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

needs as (

    select * from {{ ref('stg_crm__account_needs') }}

),

counted as (

    select
        months.month,
        count(*) as needs,
        coalesce(sum(needs.expected_amount), 0) as expected_amount

    from months

    inner join needs
        on
            months.month_end_date >= needs.recorded_date
            and coalesce(months.month_end_date < needs.closed_date, true)

    where needs.need_kind = 'need'

    group by months.month

),

listed as (

    select
        month,
        count(*) as needs,
        coalesce(sum(expected_amount), 0) as expected_amount

    from {{ ref('fct_account_needs') }}

    where need_kind = 'need' and is_open

    group by month

),

forecast as (

    select
        month,
        sum(needs) as needs,
        sum(expected_amount) as expected_amount

    from {{ ref('fct_need_forecasts') }}

    group by month

)

select
    months.month,
    counted.needs as needs_counted,
    listed.needs as needs_listed,
    forecast.needs as needs_forecast,
    counted.expected_amount as amount_counted,
    listed.expected_amount as amount_listed,
    forecast.expected_amount as amount_forecast

from months

left join counted
    on months.month = counted.month

left join listed
    on months.month = listed.month

left join forecast
    on months.month = forecast.month

where
    counted.needs is distinct from listed.needs
    or counted.needs is distinct from forecast.needs
    or counted.expected_amount is distinct from listed.expected_amount
    or counted.expected_amount is distinct from forecast.expected_amount
