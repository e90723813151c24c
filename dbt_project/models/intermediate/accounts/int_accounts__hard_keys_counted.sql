-- One row per source record and kind of valid identifying number.
with

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

hard_keys as (

    select * from {{ ref('match_hard_keys') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

keys_listed as (

    select
        records.source_record_id,
        keys.key_kind,
        keys.key_value

    from records

    cross join
        lateral unnest(
            array['credit_code', 'tax_number', 'organisation_code'],
            array[records.credit_code, records.tax_number, records.organisation_code]
        ) as keys (key_kind, key_value)

    where keys.key_value is not null

),

final as (

    select
        keys_listed.source_record_id,
        keys_listed.key_kind,
        keys_listed.key_value,
        count(*) over same_value as records_sharing,
        count(*) over same_value <= hard_keys.max_records as is_used

    from keys_listed

    inner join hard_keys
        on keys_listed.key_kind = hard_keys.key_kind

    inner join limits
        on {{ is_rule_in_force('hard_keys', 'limits.as_of_date') }}

    window same_value as (
        partition by keys_listed.key_kind, keys_listed.key_value
    )

)

select * from final
