with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

counted as (

    select * from {{ ref('int_indicators__source_rows_counted') }}

),

deliveries as (

    select * from {{ ref('int_indicators__deliveries_named') }}

),

summed as (

    select
        load_id,
        file_id,
        source_month,
        first_month,
        last_month,
        sum(source_rows) as source_rows,
        coalesce(
            sum(source_rows) filter (where group_account_id = 'individuals'), 0
        ) as individual_rows

    from counted

    group by load_id, file_id, source_month, first_month, last_month

),

final as (

    select
        months.month,
        deliveries.delivery_id,
        deliveries.table_name,
        deliveries.system_name,
        deliveries.file_name,
        deliveries.landed_date,
        deliveries.source_month,
        array_agg(distinct deliveries.load_id order by deliveries.load_id) as load_ids,
        sum(summed.source_rows)::bigint as source_rows,
        sum(summed.individual_rows)::bigint as individual_rows

    from summed

    inner join deliveries
        on
            summed.load_id = deliveries.load_id
            and summed.file_id = deliveries.file_id
            and coalesce(summed.source_month, '-infinity')
            = coalesce(deliveries.source_month, '-infinity')

    inner join months
        on
            summed.first_month <= months.month
            and summed.last_month >= months.month

    group by
        months.month,
        deliveries.delivery_id,
        deliveries.table_name,
        deliveries.system_name,
        deliveries.file_name,
        deliveries.landed_date,
        deliveries.source_month

)

select * from final
