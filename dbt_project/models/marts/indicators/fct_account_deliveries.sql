-- One row for all source rows of an account: a row for each delivery would be forty
-- times as many. Whoever does not exist yet at the month's end is unidentified.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

counted as (

    select * from {{ ref('int_indicators__source_rows_counted') }}
    where group_account_id <> 'individuals'

),

deliveries as (

    select * from {{ ref('int_indicators__deliveries_named') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

prospects as (

    select * from {{ ref('int_accounts__prospects_mastered') }}

),

owners as (

    select
        month,
        group_account_id_named,
        group_account_id

    from attributed

    union all

    select
        month,
        group_account_id as group_account_id_named,
        group_account_id

    from prospects

),

addressed as (

    select
        months.month,
        coalesce(owners.group_account_id, 'unidentified-unknown') as group_account_id,
        deliveries.delivery_id,
        counted.source_rows

    from counted

    inner join deliveries
        on
            counted.load_id = deliveries.load_id
            and counted.file_id = deliveries.file_id
            and coalesce(counted.source_month, '-infinity')
            = coalesce(deliveries.source_month, '-infinity')

    inner join months
        on
            counted.first_month <= months.month
            and counted.last_month >= months.month

    left join owners
        on
            months.month = owners.month
            and counted.group_account_id = owners.group_account_id_named

),

summed as (

    select
        month,
        group_account_id,
        delivery_id,
        sum(source_rows)::integer as source_rows

    from addressed

    group by month, group_account_id, delivery_id

),

final as (

    select
        month,
        group_account_id,
        array_agg(delivery_id order by delivery_id) as delivery_ids,
        array_agg(source_rows order by delivery_id) as source_rows

    from summed

    group by month, group_account_id

)

select * from final
