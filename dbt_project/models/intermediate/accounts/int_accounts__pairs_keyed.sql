-- One row per pair of records that share an identifying number. Numbers that more
-- records share than their rule allows are not used, so pairs grow as records do.
with

keys_counted as (

    select * from {{ ref('int_accounts__hard_keys_counted') }}

),

keys_used as (

    select
        keys_counted.source_record_id,
        keys_counted.key_kind,
        keys_counted.key_value

    from keys_counted

    where keys_counted.is_used and keys_counted.records_sharing > 1

),

final as (

    select
        left_keys.source_record_id as source_record_id_left,
        right_keys.source_record_id as source_record_id_right,
        string_agg(left_keys.key_kind, ' ' order by left_keys.key_kind) as hard_keys

    from keys_used as left_keys

    inner join keys_used as right_keys
        on
            left_keys.key_kind = right_keys.key_kind
            and left_keys.key_value = right_keys.key_value
            and left_keys.source_record_id < right_keys.source_record_id

    group by
        left_keys.source_record_id,
        right_keys.source_record_id

)

select * from final
