-- One row per pair of source records that anything suggests to be one unit, with the
-- two names that agree best.
with

names_listed as (

    select * from {{ ref('int_accounts__names_listed') }}

),

pairs_keyed as (

    select * from {{ ref('int_accounts__pairs_keyed') }}

),

pairs_named as (

    select * from {{ ref('int_accounts__pairs_named') }}

),

pairs_blocked as (

    select * from {{ ref('int_accounts__pairs_blocked') }}

),

decisions as (

    select * from {{ ref('int_accounts__decisions_resolved') }}

),

own_names as (

    select
        names_listed.source_record_id,
        names_listed.name_number,
        names_listed.name_grams

    from names_listed

    where names_listed.name_kind = 'own'

),

-- Found without their names: by a number, or by a steward.
pairs_without_names as (

    select
        pairs_keyed.source_record_id_left,
        pairs_keyed.source_record_id_right

    from pairs_keyed

    union

    select
        decisions.source_record_id_left,
        decisions.source_record_id_right

    from decisions

),

pairs_collected as (

    select
        pairs_named.source_record_id_left,
        pairs_named.source_record_id_right,
        pairs_named.name_number_left,
        pairs_named.name_number_right,
        pairs_named.name_overlap,
        pairs_named.is_telling

    from pairs_named

    union all

    select
        pairs_blocked.source_record_id_left,
        pairs_blocked.source_record_id_right,
        pairs_blocked.name_number_left,
        pairs_blocked.name_number_right,
        pairs_blocked.name_overlap,
        false as is_telling

    from pairs_blocked

    union all

    select
        pairs_without_names.source_record_id_left,
        pairs_without_names.source_record_id_right,
        left_names.name_number as name_number_left,
        right_names.name_number as name_number_right,
        {{ dice_overlap('left_names.name_grams', 'right_names.name_grams') }}
            as name_overlap,
        false as is_telling

    from pairs_without_names

    left join own_names as left_names
        on pairs_without_names.source_record_id_left = left_names.source_record_id

    left join own_names as right_names
        on pairs_without_names.source_record_id_right = right_names.source_record_id

),

-- Names that tell come first, then those that agree most; numbers break a tie.
pairs_ranked as (

    select
        pairs_collected.source_record_id_left,
        pairs_collected.source_record_id_right,
        pairs_collected.name_number_left,
        pairs_collected.name_number_right,
        pairs_collected.name_overlap,
        pairs_collected.is_telling,
        row_number() over (
            partition by
                pairs_collected.source_record_id_left,
                pairs_collected.source_record_id_right
            order by
                pairs_collected.is_telling desc,
                pairs_collected.name_overlap desc nulls last,
                pairs_collected.name_number_left asc,
                pairs_collected.name_number_right asc
        ) as pair_rank

    from pairs_collected

),

final as (

    select
        pairs_ranked.source_record_id_left,
        pairs_ranked.source_record_id_right,
        pairs_ranked.name_number_left,
        pairs_ranked.name_number_right,
        coalesce(pairs_ranked.name_overlap, 0) as name_overlap,
        pairs_ranked.is_telling,
        pairs_keyed.hard_keys,
        decisions.decision_kind

    from pairs_ranked

    left join pairs_keyed
        on
            pairs_ranked.source_record_id_left = pairs_keyed.source_record_id_left
            and pairs_ranked.source_record_id_right
            = pairs_keyed.source_record_id_right

    left join decisions
        on
            pairs_ranked.source_record_id_left = decisions.source_record_id_left
            and pairs_ranked.source_record_id_right = decisions.source_record_id_right

    where pairs_ranked.pair_rank = 1

)

select * from final
