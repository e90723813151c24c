-- What the product codes of the month's marts mean, as the catalogue had it at the
-- month's end; a code that it doesn't have is its own name. fct_agreement_months is not
-- told by month: the product of an agreement is there from the month it was signed in.
{%- set marts = [
    'fct_account_revenues', 'fct_plan_completions', 'fct_plan_outlooks',
    'fct_transactions', 'fct_opportunity_stages', 'fct_win_rates',
    'fct_product_applications', 'fct_need_forecasts', 'fct_account_needs',
    'dim_leased_lines', 'fct_customer_plans'
] %}
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

products as (

    select * from {{ ref('stg_crm__products') }}

),

agreements as (

    select * from {{ ref('stg_crm__agreements') }}

),

-- A product once, and not once with each of its agreements and months.
products_signed as (

    select
        product_code,
        min(signed_date) as signed_date

    from agreements

    group by product_code

),

-- Where systems share a product, the first of them names it.
listed as (

    select
        months.month,
        products.product_code,
        products.product_name,
        products.product_name_en,
        products.product_family,
        products.launched_date,
        products.known_to_date > months.month_end_date as is_listed,
        row_number() over (
            partition by months.month, products.product_code
            order by
                products.known_to_date > months.month_end_date desc,
                products.system_name collate "C" asc
        ) as row_number

    from months

    inner join products
        on
            months.month_end_date >= products.known_from_date
            and months.month_end_date < products.next_known_from_date
            and coalesce(months.month_end_date >= products.launched_date, true)

),

codes as (
    {% for mart in marts %}
    select
        month,
        product_code

    from {{ ref(mart) }}

    union
    {% endfor %}
    select
        months.month,
        products_signed.product_code

    from months

    inner join products_signed
        on months.month_end_date >= products_signed.signed_date

    union

    select
        month,
        product_code

    from listed

    where is_listed

),

final as (

    select
        codes.month,
        codes.product_code,
        coalesce(listed.product_name, codes.product_code) as product_name,
        listed.product_name_en,
        listed.product_family,
        listed.launched_date,
        coalesce(listed.is_listed, false) as is_listed

    from codes

    left join listed
        on
            codes.month = listed.month
            and codes.product_code = listed.product_code
            and listed.row_number = 1

    where codes.product_code <> 'all'

)

select * from final
