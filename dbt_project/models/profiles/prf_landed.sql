-- What landed of each fact, by branch, in one scan per table: the run's months and the
-- two before them.
{%- set facts = [
    {
        'table': 'billing.line_bills', 'month': 'bill_month', 'measure': 'amount',
        'reference': 'line_id', 'known': 'known_subscriptions',
    },
    {
        'table': 'billing.unified_payment_bills', 'month': 'bill_month',
        'measure': 'amount', 'reference': 'account_id', 'known': 'known_accounts',
    },
    {
        'table': 'billing.informatization_bills', 'month': 'bill_month',
        'measure': 'amount', 'reference': 'account_id', 'known': 'known_accounts',
    },
    {
        'table': 'billing.line_status_changes', 'month': 'change_month',
        'measure': '0::numeric', 'reference': 'line_id',
        'known': 'known_subscriptions',
    },
] %}
with

-- Who can be referred to: every line and account that was ever known.
known_accounts as (

    select
        account_id as parent_id,
        max(branch_id) as branch_id

    from {{ source('crm', 'accounts') }}

    group by account_id

),

known_subscriptions as (

    select
        lines.line_id as parent_id,
        max(known_accounts.branch_id) as branch_id

    from {{ source('billing', 'subscriptions') }} as lines

    left join known_accounts
        on lines.account_id = known_accounts.parent_id

    group by lines.line_id

),
{%- for fact in facts %}
{%- set names = fact.table.split('.') %}
keyed_{{ names[1] }} as (

    select
        _system as system_name,
        {{ fact.month }} as month,
        {{ fact.reference }} as billed_key,
        count(*) as row_count,
        coalesce(sum({{ fact.measure }}), 0) as amount

    from {{ source(names[0], names[1]) }}

    where
        {{ is_current_row() }}
        and {{ in_run_months(fact.month, look_back=2) }}

    group by _system, {{ fact.month }}, {{ fact.reference }}

),

-- Which of the keys of a month were there in the month before it.
followed_{{ names[1] }} as (

    select
        system_name,
        month,
        billed_key,
        row_count,
        amount,
        coalesce(
            lag(month) over (partition by system_name, billed_key order by month)
            = (month - interval '1 month')::date,
            false
        ) as is_kept

    from keyed_{{ names[1] }}

),

landed_{{ names[1] }} as (

    select
        followed.system_name,
        '{{ fact.table }}' as table_name,
        followed.month,
        coalesce({{ fact.known }}.branch_id, '') as branch_id,
        sum(followed.row_count) as row_count,
        sum(followed.amount) as amount,
        coalesce(sum(followed.row_count) filter (
            where followed.billed_key is not null and {{ fact.known }}.parent_id is null
        ), 0) as orphan_rows,
        coalesce(sum(followed.amount) filter (
            where followed.billed_key is not null and {{ fact.known }}.parent_id is null
        ), 0) as orphan_amount,
        count(followed.billed_key) as keys,
        count(followed.billed_key) filter (where followed.is_kept) as keys_kept,
        exists(select 1 from {{ fact.known }}) as has_parents

    from followed_{{ names[1] }} as followed

    left join {{ fact.known }}
        on followed.billed_key = {{ fact.known }}.parent_id

    group by
        followed.system_name,
        followed.month,
        coalesce({{ fact.known }}.branch_id, '')

),
{% endfor %}
final as (
    {% for fact in facts %}
    select * from landed_{{ fact.table.split('.')[1] }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select * from final
