-- Guards S2-16: what is recorded of an account that a month does not have yet stands
-- under an unidentified one, so no detail lacks its account.
{%- set details = [
    'dim_account_branches', 'dim_buying_steps', 'dim_competitor_products',
    'dim_key_persons', 'dim_leased_lines', 'fct_account_needs', 'fct_customer_plans',
    'fct_feedback', 'fct_solution_uses', 'fct_surveys', 'fct_tasks', 'fct_visits'
] %}
with

accounts as (

    select * from {{ ref('dim_group_accounts') }}

),

details as (
    {% for mart in details %}
    select
        '{{ mart }}' as mart,
        month,
        group_account_id

    from {{ ref(mart) }}
    {% if not loop.last %}
    union
    {% endif %}
    {%- endfor %}
)

select
    details.mart,
    details.month,
    details.group_account_id

from details

left join accounts
    on
        details.month = accounts.month
        and details.group_account_id = accounts.group_account_id

where accounts.group_account_id is null
