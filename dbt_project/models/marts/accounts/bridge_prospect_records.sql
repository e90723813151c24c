with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

records as (

    select * from {{ ref('stg_crm__prospects') }}

),

clustered as (

    select * from {{ ref('int_accounts__prospects_clustered') }}

),

prospects as (

    select * from {{ ref('int_accounts__prospects_mastered') }}

),

final as (

    select
        prospects.month,
        clustered.source_record_id,
        clustered.group_account_id,
        clustered.system_name,
        clustered.prospect_id,
        records.prospect_name,
        clustered.is_senior

    from prospects

    inner join months
        on prospects.month = months.month

    inner join clustered
        on prospects.group_account_id = clustered.group_account_id

    inner join records
        on
            clustered.source_record_id = records.source_record_id
            and coalesce(months.month_end_date >= records.created_date, true)

)

select * from final
