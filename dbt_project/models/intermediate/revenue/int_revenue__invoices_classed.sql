-- Invoiced revenue of the year up to the reported month, and of the year before, by
-- revenue class of its time (S2-21): a customer is new for a while after its first
-- invoice, a product new to a customer after the first one for it. Who stands on the
-- earliest invoices that landed, or was listed or signed up before their month, is not
-- new, however young the archive is; nor is what belongs to nobody known.
with

invoices as (

    select * from {{ ref('int_revenue__invoices_addressed') }}

),

rules as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

product_beginnings as (

    select
        group_account_id,
        product_code,
        min(invoice_month) as product_month

    from invoices

    group by group_account_id, product_code

),

customer_beginnings as (

    select
        group_account_id,
        min(product_month) as customer_month

    from product_beginnings

    group by group_account_id

),

beginning as (

    select min(customer_month) as first_month

    from customer_beginnings

),

years_summed as (

    select
        rules.month,
        rules.new_customer_months,
        rules.new_product_months,
        invoices.invoice_month,
        invoices.group_account_id,
        invoices.product_code,
        sum(invoices.amount) as amount

    from rules

    inner join invoices
        on
            rules.month >= invoices.invoice_month
            and date_trunc('year', rules.month) - make_interval(years => 1)
            <= invoices.invoice_month

    group by
        rules.month,
        rules.new_customer_months,
        rules.new_product_months,
        invoices.invoice_month,
        invoices.group_account_id,
        invoices.product_code

),

final as (

    select
        years_summed.month,
        years_summed.invoice_month,
        years_summed.group_account_id,
        years_summed.product_code,
        case
            when not coalesce(accounts.is_identified, false) then 'existing_repeat'
            when
                customers.customer_month > beginning.first_month
                and coalesce(
                    least(accounts.created_date, accounts.signed_date)
                    >= beginning.first_month,
                    true
                )
                and years_summed.invoice_month
                < customers.customer_month
                + make_interval(months => years_summed.new_customer_months)
                then 'new_customer'
            when
                products.product_month > beginning.first_month
                and years_summed.invoice_month
                < products.product_month
                + make_interval(months => years_summed.new_product_months)
                then 'existing_new'
            else 'existing_repeat'
        end as revenue_class,
        years_summed.amount

    from years_summed

    cross join beginning

    inner join customer_beginnings as customers
        on years_summed.group_account_id = customers.group_account_id

    inner join product_beginnings as products
        on
            years_summed.group_account_id = products.group_account_id
            and years_summed.product_code = products.product_code

    left join accounts
        on
            years_summed.month = accounts.month
            and years_summed.group_account_id = accounts.group_account_id

)

select * from final
