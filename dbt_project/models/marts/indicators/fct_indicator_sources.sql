{{ config(materialized='view') }}

-- The dictionary says of which tables a value is made and how many months it looks at.
with

sources as (

    select * from {{ ref('fct_account_sources') }}

),

dictionary as (

    select * from {{ ref('dim_indicators') }}

),

final as (

    select
        sources.month,
        sources.group_account_id,
        dictionary.indicator_id,
        sources.table_name,
        sum(sources.source_rows)::bigint as source_rows,
        min(sources.landed_date) as first_landed_date,
        max(sources.landed_date) as last_landed_date,
        -- Rows of an entity are all there, whatever the window is.
        bool_or(dictionary.reads_older_rows and sources.source_month is not null)
            as reads_older_rows

    from sources

    inner join dictionary
        on
            sources.table_name
            = any(string_to_array(dictionary.source_tables, ' '))
            and coalesce(
                sources.source_month
                > sources.month - make_interval(months => dictionary.window_months),
                true
            )

    group by
        sources.month,
        sources.group_account_id,
        dictionary.indicator_id,
        sources.table_name

)

select * from final
