-- Source rows of the marts against those that landed: each is listed for one account,
-- and the bills of an account are as many as its indicators were made of.
with

landed as (

    select * from {{ ref('prf_landed') }}

),

deliveries as (

    select * from {{ ref('dim_source_deliveries') }}

),

accounts as (

    select * from {{ ref('fct_account_deliveries') }}

),

indicators as (

    select * from {{ ref('fct_account_indicators') }}

),

-- Taken apart once, before anything is joined.
listed as {{ computed_once() }} (

    select
        accounts.month,
        accounts.group_account_id,
        entries.delivery_id,
        entries.source_rows

    from accounts

    cross join
        lateral unnest(accounts.delivery_ids, accounts.source_rows) as entries (
            delivery_id, source_rows
        )

),

landed_summed as (

    select
        month,
        table_name,
        sum(row_count) as landed_rows

    from landed

    group by month, table_name

),

deliveries_listed as (

    select
        month,
        delivery_id,
        sum(source_rows) as source_rows

    from listed

    group by month, delivery_id

),

listed_summed as (

    select
        deliveries.month,
        deliveries.table_name,
        sum(coalesce(listed.source_rows, 0) + deliveries.individual_rows)
            as listed_rows

    from deliveries

    left join deliveries_listed as listed
        on
            deliveries.month = listed.month
            and deliveries.delivery_id = listed.delivery_id

    where deliveries.source_month = deliveries.month

    group by deliveries.month, deliveries.table_name

),

months as (

    select distinct month

    from indicators

),

compared as (

    select
        landed.month,
        landed.table_name,
        landed.landed_rows,
        landed.landed_rows - coalesce(listed.listed_rows, 0) as lost_source_rows

    from landed_summed as landed

    inner join months
        on landed.month = months.month

    left join listed_summed as listed
        on
            landed.month = listed.month
            and landed.table_name = listed.table_name

    where
        landed.table_name in (
            {%- for table in account_tables('fact').split() %}
            '{{ table }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

),

bills_listed as (

    select
        listed.month,
        listed.group_account_id,
        deliveries.table_name,
        sum(listed.source_rows) as source_rows

    from listed

    inner join deliveries
        on
            listed.month = deliveries.month
            and listed.delivery_id = deliveries.delivery_id

    where deliveries.table_name like 'billing.%bills'

    group by listed.month, listed.group_account_id, deliveries.table_name

),

bills_measured as (

    select
        indicators.month,
        indicators.group_account_id,
        counts.table_name,
        counts.source_rows

    from indicators

    cross join
        lateral (
            values
            ('billing.unified_payment_bills', indicators.unified_payment_rows),
            ('billing.line_bills', indicators.member_bill_rows),
            ('billing.informatization_bills', indicators.informatization_rows)
        ) as counts (table_name, source_rows)

),

misplaced as (

    select
        measured.month,
        count(distinct measured.group_account_id) as misplaced_accounts

    from bills_measured as measured

    left join bills_listed as listed
        on
            measured.month = listed.month
            and measured.group_account_id = listed.group_account_id
            and measured.table_name = listed.table_name

    where measured.source_rows <> coalesce(listed.source_rows, 0)

    group by measured.month

),

measured as (

    select
        compared.month,
        compared.table_name as subject,
        metrics.metric,
        metrics.value

    from compared

    cross join
        lateral (
            values
            ('landed_rows', compared.landed_rows),
            ('lost_source_rows', compared.lost_source_rows)
        ) as metrics (metric, value)

    union all

    select
        months.month,
        'source_rows' as subject,
        'misplaced_accounts' as metric,
        coalesce(misplaced.misplaced_accounts, 0)::numeric as value

    from months

    left join misplaced
        on months.month = misplaced.month

),

final as (

    select
        month,
        '' as system_name,
        subject,
        metric,
        value

    from measured

    where value is not null

)

select * from final
