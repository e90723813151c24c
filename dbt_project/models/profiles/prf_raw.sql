-- What landed against what the sources held, before anything is built from it.
{%- set facts = landed_facts().split() -%}
{%- set entities = landed_entities().split() %}
with

run_months as (

    select * from {{ source('control', 'run_months') }}

),

loads as (

    select * from {{ source('control', 'loads') }}
    where load_id <= {{ known_load_id() }}

),

load_months as (

    select * from {{ source('control', 'load_months') }}

),

run as (

    select
        max(run_id) as run_id,
        max(as_of_date) as as_of_date,
        max(month) as last_month

    from run_months

),

deliveries as (

    select distinct
        system_name,
        table_name

    from loads

),

month_loads as (

    select
        loads.system_name,
        load_months.table_name,
        load_months.month,
        load_months.load_id,
        load_months.rows_extracted - load_months.rows_quarantined as rows_accepted,
        coalesce(load_months.source_amount, 0)
        - coalesce(load_months.quarantined_amount, 0) as amount_accepted,
        -- A replay takes rows out of the quarantine that an earlier load put there.
        load_months.rows_quarantined
        - case when loads.mode = 'replay' then load_months.rows_extracted else 0 end
            as rows_quarantined,
        coalesce(load_months.quarantined_amount, 0)
        - case
            when loads.mode = 'replay' then coalesce(load_months.source_amount, 0)
            else 0
        end as quarantined_amount,
        -- After a load that read the whole month, a load that only added rows adds up;
        -- what another one leaves can't be told from its totals.
        coalesce(
            loads.scope ->> 'kind' = 'all'
            or load_months.month < (loads.scope ->> 'until')::date
            or loads.scope -> 'months' ? load_months.month::text,
            false
        ) as is_whole_month,
        loads.rows_collapsed = 0
        and load_months.rows_new
        = load_months.rows_extracted - load_months.rows_quarantined
        and load_months.rows_changed = 0
        and load_months.rows_ended = 0 as is_additive

    from load_months

    inner join loads
        on load_months.load_id = loads.load_id

    inner join run_months
        on load_months.month = run_months.month

),

month_bases as (

    select
        *,
        max(load_id) filter (where is_whole_month) over (
            partition by system_name, table_name, month
        ) as base_load_id

    from month_loads

),

expected as (

    select
        system_name,
        table_name,
        month,
        bool_and(load_id is not distinct from base_load_id or is_additive)
            as is_comparable,
        sum(rows_accepted) as row_count,
        sum(amount_accepted) as amount,
        sum(rows_quarantined) as rows_quarantined,
        sum(quarantined_amount) as quarantined_amount

    from month_bases

    where load_id >= coalesce(base_load_id, 0)

    group by system_name, table_name, month

),

{%- for fact in facts %}
{%- set names = fact.split('.') %}
{%- set month = fact_part(fact, 'month') %}
{%- set business_columns = fact_part(fact, 'business_columns').split() %}
filed_{{ names[1] }} as (

    select
        _system as system_name,
        {{ month }} as month,
        coalesce({{ fact_part(fact, 'measure') }}, 0) as amount,
        {{ business_columns | join(', ') }},
        _file_id,
        count(*) as file_rows

    from {{ source(names[0], names[1]) }}

    where
        _last_load_id is null
        and _file_id is not null
        and {{ in_run_months(month) }}

    group by {{ range(1, 5 + business_columns | length) | join(', ') }}

),

-- Rows that agree in all but their key and came in several files: how many more there
-- are than the file with most of them holds.
repeated_{{ names[1] }} as (

    select
        system_name,
        month,
        amount,
        sum(file_rows) - max(file_rows) as duplicate_rows

    from filed_{{ names[1] }}

    group by system_name, month, amount, {{ business_columns | join(', ') }}

    having count(*) > 1

),
{% endfor %}
landed_branches as (

    select * from {{ ref('prf_landed') }}

),

landed as (

    select
        system_name,
        table_name,
        month,
        sum(row_count) as row_count,
        sum(amount) as amount,
        sum(orphan_rows) as orphan_rows,
        sum(orphan_amount) as orphan_amount,
        sum(keys) as keys,
        sum(keys_kept) as keys_kept,
        bool_or(has_parents) as has_parents

    from landed_branches

    group by system_name, table_name, month

),

-- Facts of a whole table; of bills also those of each branch that has some.
billed as (

    select
        system_name,
        table_name as subject,
        month,
        row_count,
        amount,
        keys,
        keys_kept

    from landed

    union all

    select
        system_name,
        table_name || '/' || branch_id as subject,
        month,
        row_count,
        amount,
        keys,
        keys_kept

    from landed_branches

    where
        branch_id <> ''
        and table_name in (
            '{{ landed_bills().split() | join("', '") }}'
        )

),

billed_subjects as (

    select distinct
        billed.system_name,
        billed.subject,
        run_months.month

    from billed

    cross join run_months

),

-- A month between others: what it holds, and what is usual around it. The two months
-- on either side are asked, as far as they landed; the first month of all has none.
surroundings as (

    select
        billed_subjects.system_name,
        billed_subjects.subject,
        billed_subjects.month,
        percentile_cont(0.5) within group (order by around.row_count)
            as neighbour_rows,
        percentile_cont(0.5) within group (order by around.amount)
            as neighbour_amount,
        max(around.keys) filter (
            where around.month = (billed_subjects.month - interval '1 month')::date
        ) as keys_before

    from billed_subjects

    inner join billed as around
        on
            billed_subjects.system_name = around.system_name
            and billed_subjects.subject = around.subject
            and billed_subjects.month <> around.month
            and around.month
            between billed_subjects.month - interval '2 months'
            and billed_subjects.month + interval '2 months'

    group by
        billed_subjects.system_name, billed_subjects.subject, billed_subjects.month

),

breaks as (

    select
        surroundings.month,
        surroundings.system_name,
        surroundings.subject,
        coalesce(billed.row_count, 0) as rows_billed,
        coalesce(billed.amount, 0) as amount_billed,
        coalesce(billed.keys_kept, 0) as keys_kept,
        surroundings.keys_before,
        surroundings.neighbour_rows::numeric as neighbour_rows,
        surroundings.neighbour_amount::numeric as neighbour_amount,
        100.0 * coalesce(billed.row_count, 0)
        / nullif(surroundings.neighbour_rows::numeric, 0) as rows_of_neighbours_pct,
        100.0 * coalesce(billed.amount, 0)
        / nullif(surroundings.neighbour_amount::numeric, 0) as amount_of_neighbours_pct,
        100.0 * coalesce(billed.keys_kept, 0)
        / nullif(surroundings.keys_before, 0) as keys_kept_pct

    from surroundings

    left join billed
        on
            surroundings.system_name = billed.system_name
            and surroundings.subject = billed.subject
            and surroundings.month = billed.month

),

repeated as (
    {% for fact in facts %}
    select
        system_name,
        '{{ fact }}' as table_name,
        month,
        sum(duplicate_rows) as duplicate_rows,
        sum(amount * duplicate_rows) as duplicate_amount

    from repeated_{{ fact.split('.')[1] }}

    group by system_name, month
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

-- What this run's loads added to a month and took away from it.
month_changes as (

    select
        loads.system_name,
        load_months.table_name,
        load_months.month,
        sum(load_months.rows_new) as rows_new,
        sum(load_months.rows_ended) as rows_ended

    from load_months

    inner join loads
        on load_months.load_id = loads.load_id

    inner join run
        on loads.run_id = run.run_id

    group by loads.system_name, load_months.table_name, load_months.month

),

fact_months as (

    select
        deliveries.system_name,
        deliveries.table_name,
        run_months.month,
        coalesce(landed.row_count, 0) as row_count,
        coalesce(landed.amount, 0) as amount,
        expected.row_count as expected_rows,
        expected.amount as expected_amount,
        expected.is_comparable,
        coalesce(expected.rows_quarantined, 0) as rows_quarantined,
        coalesce(expected.quarantined_amount, 0) as quarantined_amount,
        landed.orphan_rows,
        landed.orphan_amount,
        landed.has_parents,
        coalesce(repeated.duplicate_rows, 0) as duplicate_rows,
        coalesce(repeated.duplicate_amount, 0) as duplicate_amount,
        before.row_count as rows_before,
        coalesce(landed.row_count, 0)
        - coalesce(month_changes.rows_new, 0)
        + coalesce(month_changes.rows_ended, 0) as rows_held

    from deliveries

    cross join run_months

    left join landed
        on
            deliveries.system_name = landed.system_name
            and deliveries.table_name = landed.table_name
            and run_months.month = landed.month

    left join landed as before
        on
            deliveries.system_name = before.system_name
            and deliveries.table_name = before.table_name
            and (run_months.month - interval '1 month')::date = before.month

    left join expected
        on
            deliveries.system_name = expected.system_name
            and deliveries.table_name = expected.table_name
            and run_months.month = expected.month

    left join month_changes
        on
            deliveries.system_name = month_changes.system_name
            and deliveries.table_name = month_changes.table_name
            and run_months.month = month_changes.month

    left join repeated
        on
            deliveries.system_name = repeated.system_name
            and deliveries.table_name = repeated.table_name
            and run_months.month = repeated.month

    where
        deliveries.table_name in (
            {%- for fact in facts -%}
            '{{ fact }}'{{ ', ' if not loop.last }}
            {%- endfor -%}
        )

),

run_loads as (

    select
        loads.system_name,
        loads.table_name,
        min(loads.load_id) as load_id

    from loads

    inner join run
        on loads.run_id = run.run_id

    group by loads.system_name, loads.table_name

),

-- How many current rows a full table has, and had before this run's load of it.
entity_counts as (
    {% for entity in entities %}
    {%- set names = entity.split('.') %}
    select
        landed._system as system_name,
        '{{ entity }}' as table_name,
        count(*) filter (where landed._last_load_id is null) as row_count,
        count(*) filter (
            where landed._first_load_id < this_load.load_id
            and coalesce(landed._last_load_id >= this_load.load_id, true)
        ) as rows_before

    from {{ source(names[0], names[1]) }} as landed

    left join run_loads as this_load
        on
            landed._system = this_load.system_name
            and this_load.table_name = '{{ entity }}'

    group by landed._system
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

latest_loads as (

    select distinct on (loads.system_name, loads.table_name)
        loads.system_name,
        loads.table_name,
        run.as_of_date - loads.as_of_date as days_since_landed,
        100.0 * loads.rows_quarantined / nullif(loads.rows_extracted, 0)
            as quarantined_pct,
        cardinality(array(
            select mapped.column_name
            from unnest(loads.mapped_columns) as mapped (column_name)
            except
            select columns.column_name
            from information_schema.columns as columns
            where
                columns.table_schema = 'raw'
                and columns.table_name = replace(loads.table_name, '.', '__')
        )) as columns_missing

    from loads

    cross join run

    where loads.mode <> 'replay'

    order by loads.system_name asc, loads.table_name asc, loads.load_id desc

),

-- How far bills lag behind the last month that was over on the as-of date.
reach as (

    select
        loads.system_name,
        load_months.table_name,
        run.last_month as month,
        (extract(year from run.as_of_date) - extract(year from max(load_months.month)))
        * 12
        + extract(month from run.as_of_date)
        - extract(month from max(load_months.month)) - 1 as months_behind

    from load_months

    inner join loads
        on load_months.load_id = loads.load_id

    cross join run

    where load_months.rows_extracted > 0

    group by
        loads.system_name, load_months.table_name, run.last_month, run.as_of_date

),

measured as (

    select
        fact_months.month,
        fact_months.system_name,
        fact_months.table_name as subject,
        metrics.metric,
        metrics.value

    from fact_months

    cross join
        lateral (
            values
            ('row_count', fact_months.row_count),
            ('amount', fact_months.amount),
            (
                'rows_unexplained',
                case
                    when fact_months.is_comparable
                        then fact_months.row_count - fact_months.expected_rows
                end
            ),
            (
                'amount_unexplained',
                case
                    when fact_months.is_comparable
                        then fact_months.amount - fact_months.expected_amount
                end
            ),
            ('expected_rows', fact_months.expected_rows),
            ('expected_amount', fact_months.expected_amount),
            ('quarantined_rows', fact_months.rows_quarantined),
            ('quarantined_amount', fact_months.quarantined_amount),
            ('orphan_rows', fact_months.orphan_rows),
            ('orphan_amount', fact_months.orphan_amount),
            (
                'orphan_pct',
                case
                    when fact_months.has_parents
                        then round(
                                100.0 * fact_months.orphan_rows
                                / nullif(fact_months.row_count, 0),
                                4
                            )
                end
            ),
            ('duplicate_rows', fact_months.duplicate_rows),
            ('duplicate_amount', fact_months.duplicate_amount),
            ('rows_before', fact_months.rows_before),
            ('rows_held', fact_months.rows_held),
            (
                'withdrawn_pct',
                round(
                    100.0 * (fact_months.rows_held - fact_months.row_count)
                    / nullif(fact_months.rows_held, 0),
                    2
                )
            ),
            (
                'row_change_pct',
                round(
                    100.0 * (fact_months.row_count - fact_months.rows_before)
                    / nullif(fact_months.rows_before, 0),
                    2
                )
            )
        ) as metrics (metric, value)

    union all

    select
        breaks.month,
        breaks.system_name,
        breaks.subject,
        metrics.metric,
        round(metrics.value, 2) as value

    from breaks

    cross join
        lateral (
            values
            ('rows_billed', breaks.rows_billed),
            ('amount_billed', breaks.amount_billed),
            ('neighbour_rows', breaks.neighbour_rows),
            ('neighbour_amount', breaks.neighbour_amount),
            ('keys_before', breaks.keys_before),
            ('keys_kept', breaks.keys_kept),
            ('rows_of_neighbours_pct', breaks.rows_of_neighbours_pct),
            ('amount_of_neighbours_pct', breaks.amount_of_neighbours_pct),
            ('keys_kept_pct', breaks.keys_kept_pct)
        ) as metrics (metric, value)

    union all

    select
        run.last_month as month,
        entity_counts.system_name,
        entity_counts.table_name as subject,
        metrics.metric,
        metrics.value

    from entity_counts

    cross join run

    cross join
        lateral (
            values
            ('row_count', entity_counts.row_count::numeric),
            ('rows_before', entity_counts.rows_before),
            (
                'shrunk_pct',
                round(
                    100.0 * (entity_counts.rows_before - entity_counts.row_count)
                    / nullif(entity_counts.rows_before, 0),
                    2
                )
            )
        ) as metrics (metric, value)

    union all

    select
        run.last_month as month,
        latest_loads.system_name,
        latest_loads.table_name as subject,
        metrics.metric,
        metrics.value

    from latest_loads

    cross join run

    cross join
        lateral (
            values
            ('days_since_landed', latest_loads.days_since_landed::numeric),
            ('quarantined_pct', round(latest_loads.quarantined_pct, 4)),
            ('columns_missing', latest_loads.columns_missing)
        ) as metrics (metric, value)

    union all

    select
        reach.month,
        reach.system_name,
        reach.table_name as subject,
        'months_behind' as metric,
        reach.months_behind as value

    from reach

    union all

    -- Without accounts there is nothing to value.
    select
        run.last_month as month,
        '' as system_name,
        'crm.accounts' as subject,
        'accounts_known' as metric,
        coalesce(sum(entity_counts.row_count), 0) as value

    from run

    left join entity_counts
        on entity_counts.table_name = 'crm.accounts'

    group by run.last_month

),

final as (

    select
        month,
        system_name,
        subject,
        metric,
        value::numeric as value

    from measured

    where value is not null

)

select * from final
