-- One row per pair of record names that agree without region and legal form.
with

names_listed as (

    select * from {{ ref('int_accounts__names_listed') }}

),

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

own_names as (

    select
        names_listed.source_record_id,
        names_listed.match_name

    from names_listed

    where names_listed.name_kind = 'own'

),

-- An alias that different units bear tells none of them.
names_counted as (

    select
        names_listed.name_number,
        names_listed.source_record_id,
        names_listed.branch_id,
        names_listed.match_name,
        names_listed.name_kind,
        count(*) over same_name as names_sharing,
        coalesce(
            min(own_names.match_name) filter (
                where names_listed.name_kind <> 'own'
            ) over same_name
            <> max(own_names.match_name) filter (
                where names_listed.name_kind <> 'own'
            ) over same_name,
            false
        ) as is_alias_shared

    from names_listed

    left join own_names
        on names_listed.source_record_id = own_names.source_record_id

    window same_name as (
        partition by names_listed.branch_id, names_listed.match_name
    )

),

names_used as (

    select
        names_counted.name_number,
        names_counted.source_record_id,
        names_counted.branch_id,
        names_counted.match_name,
        names_counted.name_kind,
        names_counted.is_alias_shared

    from names_counted

    cross join limits

    where
        names_counted.names_sharing
        between 2 and limits.exact_name_max_records

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
            and left_names.source_record_id < right_names.source_record_id

)

select * from final
