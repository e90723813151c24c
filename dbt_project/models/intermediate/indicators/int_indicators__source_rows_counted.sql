-- How many rows each delivery brought for an account. A line's facts are those of
-- whoever had it then; individuals' are no group's (S0-02).
with

source_rows as (

    select * from {{ ref('stg_landing__source_rows') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

lines as (

    select * from {{ ref('int_indicators__lines_resolved') }}

),

prospects as (

    select * from {{ ref('int_accounts__prospects_clustered') }}

),

attributed as (

    select
        source_rows.source_month,
        source_rows.first_month,
        source_rows.last_month,
        source_rows.load_id,
        source_rows.file_id,
        case
            when lines.is_individual then 'individuals'
            else
                coalesce(
                    records.group_account_id,
                    lines.group_account_id,
                    prospects.group_account_id,
                    'unidentified-unknown'
                )
        end as group_account_id

    from source_rows

    left join records
        on {{ refers_to('source_rows', 'records', 'account_id') }}

    left join lines
        on
            {{ refers_to('source_rows', 'lines', 'line_id') }}
            and lines.in_force_from_month <= source_rows.source_month
            and lines.in_force_to_month > source_rows.source_month

    left join prospects
        on
            source_rows.prospect_id = prospects.prospect_id
            and source_rows.system_name = prospects.system_name
            and source_rows.account_id is null

),

final as (

    select
        group_account_id,
        load_id,
        file_id,
        source_month,
        first_month,
        last_month,
        count(*)::integer as source_rows

    from attributed

    group by
        group_account_id, load_id, file_id, source_month, first_month, last_month

)

select * from final
