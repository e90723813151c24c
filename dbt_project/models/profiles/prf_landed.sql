-- What landed of each fact, by branch, in one scan per table: the run's months and the
-- two before them.
{%- set facts = landed_facts().split() %}
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
{%- set names = fact.split('.') %}
{%- set month, known = fact_part(fact, 'month'), fact_part(fact, 'known') %}
keyed_{{ names[1] }} as (

    select
        _system as system_name,
        {{ month }} as month,
        {{ fact_part(fact, 'reference') }} as billed_key,
        count(*) as row_count,
        coalesce(sum({{ fact_part(fact, 'measure') }}), 0) as amount

    from {{ source(names[0], names[1]) }}

    where
        {{ is_current_row() }}
        and {{ in_run_months(month, look_back=2) }}

    group by _system, {{ month }}, {{ fact_part(fact, 'reference') }}

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
        '{{ fact }}' as table_name,
        followed.month,
        coalesce({{ known }}.branch_id, '') as branch_id,
        sum(followed.row_count) as row_count,
        sum(followed.amount) as amount,
        coalesce(sum(followed.row_count) filter (
            where followed.billed_key is not null and {{ known }}.parent_id is null
        ), 0) as orphan_rows,
        coalesce(sum(followed.amount) filter (
            where followed.billed_key is not null and {{ known }}.parent_id is null
        ), 0) as orphan_amount,
        count(followed.billed_key) as keys,
        count(followed.billed_key) filter (where followed.is_kept) as keys_kept,
        exists(select 1 from {{ known }}) as has_parents

    from followed_{{ names[1] }} as followed

    left join {{ known }}
        on followed.billed_key = {{ known }}.parent_id

    group by
        followed.system_name,
        followed.month,
        coalesce({{ known }}.branch_id, '')

),
{% endfor %}
final as (
    {% for fact in facts %}
    select * from landed_{{ fact.split('.')[1] }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select * from final
