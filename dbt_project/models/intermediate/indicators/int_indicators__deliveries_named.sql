-- What brought source rows: of each load the rows of one file and month. Loads of one
-- day that brought the same file are one delivery, so that it is named alike wherever
-- the same was landed.
with

loads as (

    select * from {{ ref('stg_jinta__loads') }}

),

counted as (

    select * from {{ ref('int_indicators__source_rows_counted') }}

),

delivered as (

    select distinct
        load_id,
        file_id,
        source_month

    from counted

),

-- The same content may be sent again under another name: the first one is shown.
files as (

    select
        loads.system_name,
        loads.table_name,
        listed.id as file_id,
        (array_agg(listed.name order by loads.load_id, listed.name))[1] as file_name

    from loads

    cross join
        lateral jsonb_to_recordset(loads.files) as listed (id text, name text)

    group by loads.system_name, loads.table_name, listed.id

),

final as (

    select
        delivered.load_id,
        delivered.file_id,
        delivered.source_month,
        {{ content_number([
            'loads.table_name',
            'loads.system_name',
            'delivered.file_id',
            'loads.as_of_date',
            'delivered.source_month',
        ]) }} as delivery_id,
        loads.table_name,
        loads.system_name,
        coalesce(files.file_name, nullif(delivered.file_id, '')) as file_name,
        loads.as_of_date as landed_date

    from delivered

    inner join loads
        on delivered.load_id = loads.load_id

    left join files
        on
            loads.system_name = files.system_name
            and loads.table_name = files.table_name
            and delivered.file_id = files.file_id

)

select * from final
