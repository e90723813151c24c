-- One row per pair of records found by a shared identifying number. Within a number
-- every record is paired with the first one only: that connects them all in a line
-- of work that grows with the records, not with their square.
with

keys_counted as (

    select * from {{ ref('int_accounts__hard_keys_counted') }}

),

keys_used as (

    select
        keys_counted.source_record_id,
        keys_counted.key_kind,
        min(keys_counted.source_record_id) over (
            partition by
                keys_counted.key_kind,
                keys_counted.key_value,
                keys_counted.branch_marker
        ) as first_of_unit,
        min(keys_counted.source_record_id) over (
            partition by keys_counted.key_kind, keys_counted.key_value
        ) as first_of_number

    from keys_counted

    where keys_counted.is_used and keys_counted.records_sharing > 1

),

-- A head office and its branch under one number are one pair, to be linked.
pairs_listed as (

    select
        keys_used.source_record_id,
        keys_used.first_of_unit as other_record_id,
        keys_used.key_kind

    from keys_used

    union all

    select
        keys_used.source_record_id,
        keys_used.first_of_number as other_record_id,
        keys_used.key_kind

    from keys_used

    where keys_used.source_record_id = keys_used.first_of_unit

),

final as (

    select
        least(pairs_listed.source_record_id, pairs_listed.other_record_id)
            as source_record_id_left,
        greatest(pairs_listed.source_record_id, pairs_listed.other_record_id)
            as source_record_id_right,
        string_agg(
            distinct pairs_listed.key_kind, ' ' order by pairs_listed.key_kind
        ) as hard_keys

    from pairs_listed

    where pairs_listed.source_record_id <> pairs_listed.other_record_id

    group by 1, 2

)

select * from final
