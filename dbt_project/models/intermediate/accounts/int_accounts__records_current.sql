-- One row per source record: its latest version, as identity is derived from it.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

codes as (

    select * from {{ ref('int_accounts__codes_validated') }}

),

names as (

    select * from {{ ref('int_accounts__names_normalised') }}

),

-- A record has one version per load, so the load is a total order of its versions.
versions_ranked as (

    select
        accounts.source_record_id,
        accounts.system_name,
        accounts.account_id,
        accounts.account_name,
        accounts.branch_id,
        nullif(trim(accounts.county_name), '') as county_name,
        {{ bare_text('accounts.address') }} as bare_address,
        accounts.office_phone_key,
        accounts.head_account_id,
        accounts._first_load_id,
        accounts._last_load_id,
        min(accounts._first_load_id) over (
            partition by accounts.source_record_id
        ) as birth_load_id,
        row_number() over (
            partition by accounts.source_record_id
            order by accounts._first_load_id desc
        ) as version_rank

    from accounts

),

-- A bare key means its only listed record; one that no system lists any more means the
-- record that ended last.
keys_ranked as (

    select
        versions_ranked.source_record_id,
        count(*) filter (where versions_ranked._last_load_id is null) over same_key
            as records_listed,
        row_number() over (
            partition by versions_ranked.account_id
            order by
                versions_ranked._last_load_id desc nulls first,
                versions_ranked.system_name collate "C"
        ) as end_rank,
        to_jsonb(
            array_remove(
                array_agg(versions_ranked.system_name) over same_key,
                versions_ranked.system_name
            )
        ) as other_systems

    from versions_ranked

    where versions_ranked.version_rank = 1

    window same_key as (
        partition by versions_ranked.account_id
        order by versions_ranked.system_name collate "C"
        rows between unbounded preceding and unbounded following
    )

),

final as (

    select
        versions_ranked.source_record_id,
        versions_ranked.system_name,
        versions_ranked.account_id,
        keys_ranked.records_listed <= 1 and keys_ranked.end_rank = 1
            as is_only_system,
        keys_ranked.other_systems,
        versions_ranked.account_name,
        versions_ranked.branch_id,
        versions_ranked.county_name,
        {{ region_stem('versions_ranked.county_name') }} as county_stem,
        versions_ranked.office_phone_key,
        -- Records of one county share the address down to the county's name.
        regexp_replace(versions_ranked.bare_address, '^.{0,14}[省市州县区旗]', '')
            as street_address,
        nullif(
            regexp_replace(versions_ranked.bare_address, '[^0-9]+', ' ', 'g'), ' '
        ) as street_numbers,
        versions_ranked.head_account_id,
        versions_ranked.birth_load_id,
        codes.credit_code,
        codes.tax_number,
        codes.organisation_code,
        coalesce(codes.is_credit_code_invalid, false) as is_credit_code_invalid,
        coalesce(codes.is_tax_number_invalid, false) as is_tax_number_invalid,
        coalesce(codes.is_organisation_code_invalid, false)
            as is_organisation_code_invalid,
        names.normalised_name,
        names.core_name,
        names.brand_word,
        names.legal_form,
        names.organ_type,
        {{ region_stem('names.region_county') }} as name_county_stem,
        coalesce(
            {{ region_stem('names.region_county') }},
            {{ region_stem('names.region_city') }}
        ) as name_place,
        names.branch_marker,
        -- A name without legal form does not tell a head office from a short form.
        coalesce(
            names.branch_marker,
            case when names.legal_form is not null then 'head office' end
        ) as office,
        names.head_part,
        names.is_government,
        {{ number_words('names.folded_name') }} as number_words

    from versions_ranked

    inner join keys_ranked
        on versions_ranked.source_record_id = keys_ranked.source_record_id

    left join codes
        on
            versions_ranked.source_record_id = codes.source_record_id
            and versions_ranked._first_load_id = codes._first_load_id

    left join names
        on versions_ranked.account_name = names.name_text

    where versions_ranked.version_rank = 1

)

select * from final
