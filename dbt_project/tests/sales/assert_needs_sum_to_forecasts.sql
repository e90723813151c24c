-- S2-07: the open needs of a month, one by one, are what its forecasts sum.
with

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
    coalesce(listed.month, forecast.month) as month,
    listed.needs as needs_listed,
    forecast.needs as needs_forecast,
    listed.expected_amount as amount_listed,
    forecast.expected_amount as amount_forecast

from listed

full join forecast
    on listed.month = forecast.month

where
    listed.needs is distinct from forecast.needs
    or listed.expected_amount is distinct from forecast.expected_amount
