-- Revenue expected in the months after the reported one at each level of the plan: an
-- account counts for its manager of the reported month, and so for his department, as
-- in what is completed (S4-09, S4-07).
{%- set levels = [
    ('company', 0), ('department', 1), ('person', 2), ('product', 3)
] %}
with

expected as (

    select * from {{ ref('int_revenue__expected_split') }}

),

rules as (

    select * from {{ ref('int_revenue__rules_pivoted') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

managers as (

    select * from {{ ref('int_customers__managers_posted') }}

),

people_summed as (

    select
        expected.month,
        expected.expected_month as planned_month,
        coalesce(managers.department_id, managers.branch_id, 'unassigned')
            as department_id,
        coalesce(accounts.manager_id, 'unassigned') as manager_id,
        expected.product_code,
        sum(expected.expected_amount) as expected_amount

    from expected

    inner join rules
        on
            expected.month = rules.month
            and expected.expected_month
            <= expected.month + make_interval(months => rules.expected_months)

    left join accounts
        on
            expected.month = accounts.month
            and expected.group_account_id = accounts.group_account_id

    left join managers
        on
            accounts.month = managers.month
            and accounts.manager_id = managers.manager_id

    group by 1, 2, 3, 4, 5

),

final as (
    {% for level, depth in levels %}
    select
        month,
        planned_month,
        '{{ level }}' as plan_level,
        {{ 'department_id' if depth > 0 else "'all' as department_id" }},
        {{ 'manager_id' if depth > 1 else "'all' as manager_id" }},
        {{ 'product_code' if depth > 2 else "'all' as product_code" }},
        sum(expected_amount) as expected_amount

    from people_summed

    group by 1, 2, 3, 4, 5, 6
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
