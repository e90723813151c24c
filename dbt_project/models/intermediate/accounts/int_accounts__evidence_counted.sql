-- One row per source record and piece of evidence other than its names and numbers.
with

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

contacts as (

    select * from {{ ref('stg_crm__contacts') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

evidence_listed as (

    select
        records.source_record_id,
        records.branch_id,
        'phone' as evidence_kind,
        records.office_phone_key as evidence_key

    from records

    union all

    select
        records.source_record_id,
        records.branch_id,
        'address' as evidence_kind,
        records.street_address as evidence_key

    from records

    union

    select
        records.source_record_id,
        records.branch_id,
        'contact' as evidence_kind,
        contacts.phone_fingerprint as evidence_key

    from contacts

    inner join records
        on {{ refers_to('contacts', 'records', 'account_id') }}

),

final as (

    select
        evidence_listed.source_record_id,
        evidence_listed.branch_id,
        evidence_listed.evidence_kind,
        evidence_listed.evidence_key,
        count(*) over same_evidence as records_sharing,
        count(*) over same_evidence <= limits.evidence_max_records as is_used

    from evidence_listed

    cross join limits

    where evidence_listed.evidence_key <> ''

    window same_evidence as (
        partition by
            evidence_listed.branch_id,
            evidence_listed.evidence_kind,
            evidence_listed.evidence_key
    )

)

select * from final
