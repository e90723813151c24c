-- One row per pair of record names that share a block and enough of their characters.
with

names_listed as (

    select * from {{ ref('int_accounts__names_listed') }}

),

name_keys as (

    select * from {{ ref('int_accounts__name_keys_placed') }}

),

blocks as (

    select * from {{ ref('int_accounts__blocks_counted') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

keys_used as (

    select
        name_keys.name_number,
        blocks.branch_id,
        blocks.key_kind,
        blocks.block_key,
        blocks.place

    from name_keys

    inner join blocks
        on
            name_keys.branch_id = blocks.branch_id
            and name_keys.key_kind = blocks.key_kind
            and name_keys.block_key = blocks.block_key
            and name_keys.place = blocks.place

    where not blocks.is_skipped

),

candidates as (

    select
        left_keys.name_number as name_number_left,
        right_keys.name_number as name_number_right,
        bool_or(left_keys.key_kind <> 'gram') as is_evidence_shared

    from keys_used as left_keys

    inner join keys_used as right_keys
        on
            left_keys.branch_id = right_keys.branch_id
            and left_keys.key_kind = right_keys.key_kind
            and left_keys.block_key = right_keys.block_key
            and left_keys.place = right_keys.place
            and left_keys.name_number < right_keys.name_number

    group by 1, 2

),

candidates_measured as (

    select
        left_names.source_record_id as source_record_id_left,
        right_names.source_record_id as source_record_id_right,
        candidates.name_number_left,
        candidates.name_number_right,
        candidates.is_evidence_shared,
        {{ dice_overlap('left_names.name_grams', 'right_names.name_grams') }}
            as name_overlap

    from candidates

    inner join names_listed as left_names
        on candidates.name_number_left = left_names.name_number

    inner join names_listed as right_names
        on candidates.name_number_right = right_names.name_number

    -- Names are numbered in the order of their records.
    where
        left_names.source_record_id < right_names.source_record_id
        and left_names.match_name <> right_names.match_name

),

final as (

    select
        candidates_measured.source_record_id_left,
        candidates_measured.source_record_id_right,
        candidates_measured.name_number_left,
        candidates_measured.name_number_right,
        candidates_measured.name_overlap

    from candidates_measured

    cross join limits

    where
        candidates_measured.name_overlap >= case
            when candidates_measured.is_evidence_shared
                then limits.evidence_candidate_floor
            else limits.name_candidate_floor
        end

)

select * from final
