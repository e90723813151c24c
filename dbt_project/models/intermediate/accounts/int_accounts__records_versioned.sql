-- One row per reported month and source record that exists by its end.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

clustered as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

codes as (

    select * from {{ ref('int_accounts__codes_validated') }}

),

names as (

    select * from {{ ref('int_accounts__names_normalised') }}

),

versions_in_force as (

    {{ entity_versions_in_force(
        'accounts',
        'months',
        key=['source_record_id'],
        columns=[
            '_first_load_id', 'person_tax_fingerprint', 'account_name', 'branch_id',
            'county_name', 'address', 'office_phone', 'industry', 'ownership',
            'employees', 'informatization_level', 'signed_date', 'former_grade',
            'manager_id', 'has_oa', 'competitor_share_pct', 'competitor_offer',
            'created_date', 'closed_date',
        ],
    ) }}

),

final as (

    select
        versions_in_force.month,
        versions_in_force.month_end_date,
        versions_in_force.source_record_id,
        clustered.group_account_id,
        clustered.system_name,
        clustered.account_id,
        clustered.is_senior,
        clustered.seniority,
        clustered.match_basis,
        clustered.cluster_size,
        versions_in_force.account_name,
        names.legal_form is not null as has_legal_form,
        -- A business of one's own, by name, credit code or tax number: what it tells of
        -- itself is a person's.
        coalesce(names.legal_form = 'sole', false)
        or coalesce(starts_with(codes.credit_code, '92'), false)
        or versions_in_force.person_tax_fingerprint is not null as is_sole_trader,
        versions_in_force.branch_id,
        nullif(trim(versions_in_force.county_name), '') as county_name,
        nullif(trim(versions_in_force.address), '') as address,
        versions_in_force.office_phone,
        versions_in_force.industry,
        versions_in_force.ownership,
        codes.credit_code,
        versions_in_force.employees,
        versions_in_force.informatization_level,
        versions_in_force.signed_date,
        versions_in_force.former_grade,
        versions_in_force.manager_id,
        versions_in_force.has_oa,
        versions_in_force.competitor_share_pct,
        versions_in_force.competitor_offer,
        versions_in_force.created_date,
        versions_in_force.closed_date,
        not versions_in_force.is_removed
        and coalesce(
            versions_in_force.closed_date > versions_in_force.month_end_date, true
        ) as is_active,
        versions_in_force.is_earliest_known,
        versions_in_force._first_as_of as attributes_as_of_date

    from versions_in_force

    inner join clustered
        on versions_in_force.source_record_id = clustered.source_record_id

    left join codes
        on
            versions_in_force.source_record_id = codes.source_record_id
            and versions_in_force._first_load_id = codes._first_load_id

    left join names
        on versions_in_force.account_name = names.name_text

    where
        versions_in_force.created_date is null
        or versions_in_force.created_date <= versions_in_force.month_end_date

)

select * from final
