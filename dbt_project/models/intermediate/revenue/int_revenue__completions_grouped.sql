-- Revenue of the month and of the year so far at each level of the plan (S2-21, S4-10):
-- an account counts for its manager of the reported month, and so for his department.
-- A month of which no invoice landed has no rows: what was completed by its end is
-- unknown.
{%- set levels = [
    ('company', 0), ('department', 1), ('person', 2), ('product', 3)
] %}
with

invoices as (

    select * from {{ ref('int_revenue__invoices_classed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

managers as (

    select * from {{ ref('int_customers__managers_posted') }}

),

months_invoiced as (

    select distinct month

    from invoices

    where invoice_month = month

),

people_summed as (

    select
        invoices.month,
        coalesce(managers.department_id, managers.branch_id, 'unassigned')
            as department_id,
        coalesce(attributed.manager_id, 'unassigned') as manager_id,
        invoices.product_code,
        invoices.revenue_class,
        coalesce(
            sum(invoices.amount) filter (
                where invoices.invoice_month = invoices.month
            ),
            0
        ) as completed_amount,
        sum(invoices.amount) as completed_amount_ytd

    from invoices

    inner join months_invoiced
        on
            invoices.month = months_invoiced.month
            and date_trunc('year', invoices.month) <= invoices.invoice_month

    inner join attributed
        on
            invoices.month = attributed.month
            and invoices.group_account_id = attributed.group_account_id_named

    left join managers
        on
            attributed.month = managers.month
            and attributed.manager_id = managers.manager_id

    group by 1, 2, 3, 4, 5

),

final as (
    {% for level, depth in levels %}
    select
        month,
        '{{ level }}' as plan_level,
        {{ 'department_id' if depth > 0 else "'all' as department_id" }},
        {{ 'manager_id' if depth > 1 else "'all' as manager_id" }},
        {{ 'product_code' if depth > 2 else "'all' as product_code" }},
        revenue_class,
        sum(completed_amount) as completed_amount,
        sum(completed_amount_ytd) as completed_amount_ytd

    from people_summed

    group by 1, 2, 3, 4, 5, 6
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
