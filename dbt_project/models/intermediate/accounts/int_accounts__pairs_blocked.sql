-- One row per pair of record names that share a block and enough of their characters.
-- Whether two names do is decided by their signatures alone, so pairs of names that
-- were both compared before are taken over.
with

names_listed as (

    select * from {{ ref('int_accounts__names_listed') }}

),

names_signed as (

    select * from {{ ref('int_accounts__names_signed') }}

),

pairs_measured as (

    select * from {{ ref('int_accounts__pairs_measured') }}

),

pairs_taken_over as (

    select
        left_names.name_number as name_number_left,
        right_names.name_number as name_number_right,
        partners.overlap as name_overlap

    from names_signed as left_names

    cross join
        lateral unnest(
            left_names.partners, left_names.agreements
        ) as partners (signature, overlap)

    inner join names_signed as right_names
        on partners.signature = right_names.signature and right_names.is_known

),

pairs_joined as (

    select
        pairs_measured.name_number_left,
        pairs_measured.name_number_right,
        pairs_measured.name_overlap

    from pairs_measured

    union all

    select
        pairs_taken_over.name_number_left,
        pairs_taken_over.name_number_right,
        pairs_taken_over.name_overlap

    from pairs_taken_over

),

final as (

    select
        left_names.source_record_id as source_record_id_left,
        right_names.source_record_id as source_record_id_right,
        pairs_joined.name_number_left,
        pairs_joined.name_number_right,
        pairs_joined.name_overlap

    from pairs_joined

    inner join names_listed as left_names
        on pairs_joined.name_number_left = left_names.name_number

    inner join names_listed as right_names
        on pairs_joined.name_number_right = right_names.name_number

)

select * from final
