-- What was known of an agreement, and from when to when: each day on which a change was
-- agreed begins a version. Versions that no reported month reads are left out, but for
-- the last one, which is what stands today (S4-09).
with

agreements as (

    select * from {{ ref('stg_crm__agreements') }}

),

agreement_changes as (

    select * from {{ ref('stg_crm__agreement_changes') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

beginnings as (

    select
        agreement_id,
        signed_date as known_from_date

    from agreements

    union

    -- A change before the signature belongs to what was signed.
    select
        agreements.agreement_id,
        greatest(agreement_changes.changed_date, agreements.signed_date)
            as known_from_date

    from agreements

    inner join agreement_changes
        on agreements.agreement_id = agreement_changes.agreement_id

),

versions as (

    select
        agreement_id,
        known_from_date,
        row_number() over ordered_versions as version_number,
        coalesce(
            lead(known_from_date) over ordered_versions, 'infinity'::date
        ) as known_to_date

    from beginnings

    window ordered_versions as (partition by agreement_id order by known_from_date)

),

read_versions as (

    select distinct
        versions.agreement_id,
        versions.version_number

    from versions

    inner join months
        on
            versions.known_from_date <= months.month_end_date
            and versions.known_to_date > months.month_end_date

),

final as (

    select
        agreements.agreement_id,
        versions.version_number,
        coalesce(records.group_account_id, 'unidentified-unknown') as group_account_id,
        agreements.product_code,
        agreements.signed_date,
        agreements.starts_date,
        agreements.ends_date,
        agreements.amount,
        versions.known_from_date,
        versions.known_to_date,
        versions.known_to_date = 'infinity'::date as is_latest

    from versions

    inner join agreements
        on versions.agreement_id = agreements.agreement_id

    left join records
        on {{ refers_to('agreements', 'records', 'account_id') }}

    left join read_versions
        on
            versions.agreement_id = read_versions.agreement_id
            and versions.version_number = read_versions.version_number

    where
        versions.known_to_date = 'infinity'::date
        or read_versions.agreement_id is not null

)

select * from final
