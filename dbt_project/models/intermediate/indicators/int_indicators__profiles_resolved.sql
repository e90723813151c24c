-- What the latest profile up to the month's end says of each feature; where it says
-- nothing, the one before.
{%- set columns = [
    'enterprise_nature', 'registered_capital_amount', 'is_listed', 'region_kind',
    'credit_grade',
] %}
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

profiles as (

    select * from {{ ref('stg_crm__account_profiles') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

-- The order is total: records of one day go by their key.
final as (

    select
        months.month,
        records.group_account_id,
        {%- for column in columns %}
        (
            array_agg(
                profiles.{{ column }}
                order by profiles.recorded_date desc, records.source_record_id asc
            ) filter (where profiles.{{ column }} is not null)
        )[1] as {{ column }},
        {%- endfor %}
        count(*)::integer as profile_count

    from months

    inner join profiles
        on months.month_end_date >= profiles.recorded_date

    inner join records
        on {{ refers_to('profiles', 'records', 'account_id') }}

    group by months.month, records.group_account_id

)

select * from final
