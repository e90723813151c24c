-- One row per reported month and potential customer (S3-02, S3-04). Of several records
-- the latest filled value holds; who became a customer is linked and no longer active.
{%- set columns = {
    'prospect_name': 'prospects.prospect_name',
    'normalised_name': 'keyed.normalised_name',
    'brand_word': 'keyed.brand_word',
    'county_name': 'prospects.county_name',
    'industry': 'prospects.industry',
    'enterprise_nature': 'prospects.enterprise_nature',
    'credit_code': 'keyed.credit_code',
    'employees': 'prospects.employees',
    'asset_amount': 'prospects.asset_amount',
    'turnover_amount': 'prospects.turnover_amount',
    'turnover_before_amount': 'prospects.turnover_before_amount',
    'manager_id': 'prospects.manager_id',
} %}
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

prospects as (

    select * from {{ ref('stg_crm__prospects') }}

),

keyed as (

    select * from {{ ref('int_accounts__prospects_keyed') }}

),

clustered as (

    select * from {{ ref('int_accounts__prospects_clustered') }}

),

converted as (

    select * from {{ ref('int_accounts__prospects_converted') }}

),

survived as (

    select
        months.month,
        clustered.group_account_id,
        (
            array_agg(prospects.branch_id order by clustered.is_senior desc)
        )[1] as branch_id,
        {%- for column, value in columns.items() %}
        (
            array_agg(
                {{ value }}
                order by prospects.created_date desc, prospects.source_record_id asc
            ) filter (where {{ value }} is not null)
        )[1] as {{ column }},
        {%- endfor %}
        bool_or(keyed.is_government) as is_government,
        min(prospects.created_date) as created_date,
        case
            when
                bool_and(
                    coalesce(prospects.closed_date <= months.month_end_date, false)
                )
                then max(prospects.closed_date)
        end as closed_date,
        count(*)::integer as record_count

    from months

    inner join prospects
        on months.month_end_date >= prospects.created_date

    inner join keyed
        on prospects.source_record_id = keyed.source_record_id

    inner join clustered
        on prospects.source_record_id = clustered.source_record_id

    group by months.month, clustered.group_account_id

),

final as (

    select
        survived.month,
        survived.group_account_id,
        survived.branch_id,
        {%- for column in columns %}
        survived.{{ column }},
        {%- endfor %}
        survived.is_government,
        survived.created_date,
        survived.closed_date,
        converted.converted_group_account_id,
        converted.conversion_basis,
        survived.closed_date is null
        and converted.converted_group_account_id is null as is_active,
        survived.record_count

    from survived

    left join converted
        on
            survived.month = converted.month
            and survived.group_account_id = converted.group_account_id

)

select * from final
