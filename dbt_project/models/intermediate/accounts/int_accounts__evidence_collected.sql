-- One row per source record with the evidence that few enough records share.
with

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

evidence as (

    select * from {{ ref('int_accounts__evidence_counted') }}

),

evidence_gathered as (

    select
        evidence.source_record_id,
        max(evidence.evidence_key) filter (
            where evidence.evidence_kind = 'phone'
        ) as phone_key,
        max(evidence.evidence_key) filter (
            where evidence.evidence_kind = 'address'
        ) as street_address,
        array_agg(evidence.evidence_key order by evidence.evidence_key) filter (
            where evidence.evidence_kind = 'contact'
        ) as contact_keys

    from evidence

    where evidence.is_used

    group by evidence.source_record_id

),

final as (

    select
        records.source_record_id,
        records.account_id,
        records.account_name,
        records.branch_id,
        records.head_account_id,
        records.core_name,
        records.head_part,
        records.name_place,
        records.credit_code,
        records.organisation_code,
        coalesce(records.name_county_stem, records.county_stem) as county_stem,
        records.street_numbers,
        evidence_gathered.phone_key,
        {{ gram_set('evidence_gathered.street_address', '2') }} as address_grams,
        coalesce(evidence_gathered.contact_keys, '{}') as contact_keys,
        {{ content_key([
            'records.account_id', 'records.head_account_id', 'records.core_name',
            'records.head_part', 'records.name_place', 'records.credit_code',
            'records.organisation_code', 'records.name_county_stem',
            'records.county_stem', 'records.street_numbers',
            'evidence_gathered.phone_key', 'evidence_gathered.street_address',
            'evidence_gathered.contact_keys',
        ]) }} as content_key

    from records

    left join evidence_gathered
        on records.source_record_id = evidence_gathered.source_record_id

)

select * from final
