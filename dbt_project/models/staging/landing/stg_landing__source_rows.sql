-- Where each row came from, of all tables whose rows name an account, a prospect or a
-- line, by themselves or through the one row that they name; and the months of the run
-- that count it, as the other models read it. Written from the contract.
{%- set facts = account_tables('fact').split() %}
{%- set entities = account_tables('entity').split() %}
with

run_months as (

    select
        min(month) as first_month,
        max(month) as last_month

    from {{ source('control', 'run_months') }}

),
{% for table in facts %}
{%- set names = table.split('.') %}
{%- set month = account_part(table, 'month') %}
{%- set months_read = account_part(table, 'months_read') | int %}
{{ names[1] }} as (

    select
        _system as system_name,
        {{ account_part(table, 'account') }} as account_id,
        null::text as prospect_id,
        {{ account_part(table, 'line') }} as line_id,
        {{ month }} as source_month,
        {{ month }} as first_month,
        ({{ month }} + interval '{{ months_read - 1 }} months')::date as last_month,
        _first_load_id as load_id,
        _file_id as file_id

    from {{ source(names[0], names[1]) }}

    where
        {{ is_current_row() }}
        and {{ in_run_months(month, look_back=months_read - 1) }}

),
{% endfor %}
{%- for table in entities %}
{%- set names = table.split('.') %}
{%- set parent = account_part(table, 'parent').split('.') %}
{%- set reference = account_part(table, 'reference') %}
{%- set is_versioned = account_part(table, 'reads') == 'versions' %}
{%- set dates = version_dates('_system, ' ~ account_part(table, 'key')) %}
{%- if reference %}
{{ names[1] }}_named as (

    select
        _system,
        {{ reference }},
        {{ account_part(table, 'account') }} as account_id,
        {{ account_part(table, 'prospect') }} as prospect_id,
        {{ account_part(table, 'parent_begins') }} as counts_from_date

    from {{ source(parent[0], parent[1]) }}

    where {{ is_current_row() }}

),

{{ names[1] }}_known as (

    select
        _system,
        _first_load_id,
        _file_id,
        {{ reference }},
        {{ account_part(table, 'begins') }} as counts_from_date

    from {{ source(names[0], names[1]) }}

    where {{ is_current_row() }}

),

{{ names[1] }} as (

    select
        known._system as system_name,
        named.account_id,
        named.prospect_id,
        greatest(known.counts_from_date, named.counts_from_date) as counts_from_date,
        'infinity'::date as counts_until_date,
        known._first_load_id as load_id,
        known._file_id as file_id

    from {{ names[1] }}_known as known

    inner join {{ names[1] }}_named as named
        on
            known._system = named._system
            and known.{{ reference }} = named.{{ reference }}

),
{% else %}
{{ names[1] }}_known as (

    select
        _system,
        _first_load_id,
        _file_id,
        {{ account_part(table, 'account') }} as account_id,
        {{ account_part(table, 'prospect') }} as prospect_id,
        {{ account_part(table, 'begins') }} as counts_from_date,
        {{ dates if is_versioned else all_dates() }}

    from {{ source(names[0], names[1]) }}

    where {{ is_known_row() if is_versioned else is_current_row() }}

),

{{ names[1] }} as (

    select
        _system as system_name,
        account_id,
        prospect_id,
        greatest(known_from_date, counts_from_date) as counts_from_date,
        least(known_to_date, next_known_from_date) as counts_until_date,
        _first_load_id as load_id,
        _file_id as file_id

    from {{ names[1] }}_known

),
{% endif %}
{%- endfor %}
entities as (
    {% for table in entities %}
    select * from {{ table.split('.')[1] }}
    where account_id is not null or prospect_id is not null
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

-- A month counts what it knows at its end.
entities_dated as (

    select
        entities.system_name,
        entities.account_id,
        entities.prospect_id,
        null::text as line_id,
        null::date as source_month,
        greatest(
            date_trunc('month', entities.counts_from_date), run_months.first_month
        )::date as first_month,
        least(
            date_trunc('month', entities.counts_until_date) - interval '1 month',
            run_months.last_month
        )::date as last_month,
        entities.load_id,
        entities.file_id

    from entities

    cross join run_months

),

united as (
    {% for table in facts %}
    select * from {{ table.split('.')[1] }}

    union all
    {% endfor %}
    select * from entities_dated
    where first_month <= last_month

),

final as (

    select
        system_name,
        account_id,
        prospect_id,
        line_id,
        source_month,
        first_month,
        last_month,
        load_id,
        coalesce(file_id, '') as file_id

    from united

)

select * from final
