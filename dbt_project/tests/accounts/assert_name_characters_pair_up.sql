-- Guards int_accounts__names_folded: translate() pairs characters by their place, so
-- both columns of a row must be equally long, and no character may stand in two rows.
with

characters as (

    select * from {{ ref('name_characters') }}

),

places as (

    select
        characters.characters,
        characters.folded_characters,
        places.single_character,
        count(*) over (partition by places.single_character) as times_listed

    from characters

    cross join
        lateral
        unnest(string_to_array(characters.characters, null))
            as places (single_character)

),

final as (

    select distinct
        places.characters,
        places.folded_characters,
        places.times_listed

    from places

    where
        length(places.characters) <> length(places.folded_characters)
        or places.times_listed > 1

)

select * from final
