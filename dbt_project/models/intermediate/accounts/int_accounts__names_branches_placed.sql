-- One row per name that says where its body is at the end: a branch after the legal
-- form (…有限公司|罗平|分公司) or just before the marker (国美电器|昆明|分公司), a company
-- just before the form (环球航运|青岛|有限公司).
with

names_parsed as (

    select * from {{ ref('int_accounts__names_han_parsed') }}

),

names_stripped as (

    select * from {{ ref('int_accounts__names_beginnings_stripped') }}

),

spellings as (

    select * from {{ ref('int_accounts__names_beginnings_spelled') }}

),

places as (

    select
        names_parsed.name_text,
        spellings.stands_for as region_code,
        spellings.spelling,
        spellings.region_level,
        names_parsed.body,
        substr(names_parsed.tail, length(spellings.spelling) + 1) as tail

    from names_parsed

    inner join spellings
        on
            left(names_parsed.tail, 2) = spellings.first_two
            and starts_with(names_parsed.tail, spellings.spelling)

    where
        names_parsed.branch_marker is not null
        and spellings.spelling_kind = 'region'

    union all

    select
        names_parsed.name_text,
        spellings.stands_for as region_code,
        spellings.spelling,
        spellings.region_level,
        left(names_parsed.body, -length(spellings.spelling)) as body,
        names_parsed.tail

    from names_parsed

    inner join spellings
        on
            right(names_parsed.body, 2) = right(spellings.spelling, 2)
            and right(names_parsed.body, length(spellings.spelling))
            = spellings.spelling

    inner join names_stripped on names_parsed.name_text = names_stripped.name_text

    where
        names_parsed.tail = ''
        and spellings.spelling_kind = 'region'
        and spellings.short_name_use in ('full', 'plain')
        and case
            when names_parsed.branch_marker is not null
                then length(names_parsed.body) >= length(spellings.spelling) + 2
            -- A brand word may end like a city: three characters must stand before it.
            else
                names_stripped.region_code is null
                and spellings.region_level < 3
                and length(names_parsed.body) >= length(spellings.spelling) + 3
        end

),

places_ranked as (

    select
        places.name_text,
        places.region_code,
        places.spelling,
        places.body,
        places.tail,
        row_number() over (
            partition by places.name_text
            order by
                length(places.spelling) desc,
                left(places.region_code, 4) = left(names_stripped.region_code, 4) desc,
                left(places.region_code, 2) = left(names_stripped.region_code, 2) desc,
                places.region_level desc,
                places.region_code asc
        ) as place_rank

    from places

    inner join names_stripped on places.name_text = names_stripped.name_text

),

final as (

    select
        places_ranked.name_text,
        places_ranked.region_code,
        places_ranked.spelling,
        places_ranked.body,
        places_ranked.tail

    from places_ranked

    where places_ranked.place_rank = 1

)

select * from final
