-- One row per pair of record names that agree without region and legal form.
with

names_counted as (

    select * from {{ ref('int_accounts__names_counted') }}

),

names_used as (

    select
        names_counted.name_number,
        names_counted.source_record_id,
        names_counted.branch_id,
        names_counted.match_name,
        names_counted.place,
        names_counted.name_kind,
        names_counted.is_alias_shared

    from names_counted

    where names_counted.is_used and names_counted.names_sharing > 1

),

final as (

    select
        left_names.source_record_id as source_record_id_left,
        right_names.source_record_id as source_record_id_right,
        left_names.name_number as name_number_left,
        right_names.name_number as name_number_right,
        1.0000 as name_overlap,
        left_names.name_kind = 'own' and right_names.name_kind = 'own'
        or not left_names.is_alias_shared
        and (
            left_names.name_kind = 'own' and right_names.name_kind = 'alias'
            or left_names.name_kind = 'alias' and right_names.name_kind = 'own'
        ) as is_telling

    from names_used as left_names

    inner join names_used as right_names
        on
            left_names.branch_id = right_names.branch_id
            and left_names.match_name = right_names.match_name
            and left_names.place = right_names.place
            and left_names.source_record_id < right_names.source_record_id

)

select * from final
