-- One row per block of names that are compared with each other. A character group that
-- too many names of a branch share makes a block in each place instead.
with

name_keys as (

    select * from {{ ref('int_accounts__name_keys_placed') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

blocks_sized as (

    select
        name_keys.branch_id,
        name_keys.key_kind,
        name_keys.block_key,
        name_keys.place,
        count(*) as names

    from name_keys

    group by
        name_keys.branch_id,
        name_keys.key_kind,
        name_keys.block_key,
        name_keys.place

),

final as (

    select
        blocks_sized.branch_id,
        blocks_sized.key_kind,
        blocks_sized.block_key,
        blocks_sized.place,
        blocks_sized.names,
        blocks_sized.names > limits.block_max_names as is_skipped

    from blocks_sized

    cross join limits

    where blocks_sized.names > 1

)

select * from final
