-- One row per pair of record names, one of them not known, that share a block and
-- enough of their characters: a name that was not compared before meets all its blocks.
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

names_signed as (

    select * from {{ ref('int_accounts__names_signed') }}

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
        blocks.place,
        names_signed.is_known

    from name_keys

    inner join blocks
        on
            name_keys.branch_id = blocks.branch_id
            and name_keys.key_kind = blocks.key_kind
            and name_keys.block_key = blocks.block_key
            and name_keys.place = blocks.place

    inner join names_signed
        on name_keys.name_number = names_signed.name_number

    where not blocks.is_skipped

),

candidates as (

    select
        least(new_keys.name_number, keys_used.name_number) as name_number_left,
        greatest(new_keys.name_number, keys_used.name_number) as name_number_right,
        bool_or(new_keys.key_kind <> 'gram') as is_evidence_shared

    from keys_used as new_keys

    inner join keys_used
        on
            new_keys.branch_id = keys_used.branch_id
            and new_keys.key_kind = keys_used.key_kind
            and new_keys.block_key = keys_used.block_key
            and new_keys.place = keys_used.place
            and (
                new_keys.name_number < keys_used.name_number
                or keys_used.is_known
            )

    where not new_keys.is_known

    group by 1, 2

),

candidates_measured as (

    select
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
