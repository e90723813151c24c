-- One row per source record and name it goes by, with how many bear the same one.
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

names_counted as (

    select
        names_listed.name_number,
        names_listed.source_record_id,
        names_listed.branch_id,
        names_listed.match_name,
        names_listed.name_kind,
        coalesce(names_listed.name_county_stem, names_listed.county_stem, '') as place,
        count(*) over same_name as names_in_branch,
        -- An alias that different units bear tells none of them.
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

-- Each county has its 教育局: names that many bear are compared within their place.
names_placed as (

    select
        names_counted.name_number,
        names_counted.source_record_id,
        names_counted.branch_id,
        names_counted.match_name,
        names_counted.name_kind,
        names_counted.is_alias_shared,
        names_counted.names_in_branch,
        case
            when names_counted.names_in_branch <= limits.exact_name_max_records
                then ''
            else names_counted.place
        end as place,
        limits.exact_name_max_records

    from names_counted

    cross join limits

),

final as (

    select
        names_placed.name_number,
        names_placed.source_record_id,
        names_placed.branch_id,
        names_placed.match_name,
        names_placed.place,
        names_placed.name_kind,
        names_placed.is_alias_shared,
        names_placed.names_in_branch,
        count(*) over same_place as names_sharing,
        count(*) over same_place <= names_placed.exact_name_max_records as is_used

    from names_placed

    window same_place as (
        partition by
            names_placed.branch_id, names_placed.match_name, names_placed.place
    )

)

select * from final
