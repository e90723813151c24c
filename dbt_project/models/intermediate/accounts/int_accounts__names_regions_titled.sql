-- One row per administrative division: its name of today and of what it belongs to.
with

regions as (

    select * from {{ ref('name_regions') }}

),

regions_ranked as (

    select
        regions.region_code,
        regions.region_name,
        row_number() over (
            partition by regions.region_code
            order by regions.is_former, regions.region_name
        ) as name_rank

    from regions

),

divisions as (

    select
        regions_ranked.region_code,
        regions_ranked.region_name

    from regions_ranked

    where regions_ranked.name_rank = 1

),

divisions_nested as (

    select
        divisions.region_code,
        divisions.region_name,
        provinces.region_name as region_province,
        case when divisions.region_code not like '%0000' then cities.region_name end
            as region_city,
        case when divisions.region_code not like '%00' then divisions.region_name end
            as region_county,
        count(*) over (partition by divisions.region_name) as names_sharing

    from divisions

    inner join divisions as provinces
        on left(divisions.region_code, 2) || '0000' = provinces.region_code

    left join divisions as cities
        on left(divisions.region_code, 4) || '00' = cities.region_code

),

final as (

    select
        divisions_nested.region_code,
        divisions_nested.region_province,
        divisions_nested.region_city,
        divisions_nested.region_county,
        case
            when divisions_nested.names_sharing = 1 then divisions_nested.region_name
            else
                coalesce(
                    divisions_nested.region_city, divisions_nested.region_province
                ) || divisions_nested.region_name
        end as region_title

    from divisions_nested

)

select * from final
