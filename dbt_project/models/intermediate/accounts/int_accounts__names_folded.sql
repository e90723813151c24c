-- One row per name text to be read: the text without differences of width, script,
-- case, accents, blanks and punctuation.
with

names_recalled as (

    select * from {{ ref('int_accounts__names_recalled') }}

),

characters as (

    select
        string_agg(characters, '' order by characters) as characters,
        string_agg(folded_characters, '' order by characters) as folded_characters

    from {{ ref('name_characters') }}

),

-- Materialized, or each use of a text would work it out again.
names_unified as materialized (

    select
        names_recalled.name_text,
        {{ unify_width('names_recalled.main_text') }} as unified_text

    from names_recalled

    where not names_recalled.is_known

),

names_simplified as materialized (

    select
        names_unified.name_text,
        {{ has_han('names_unified.unified_text') }} as is_han,
        -- Most names hold no traditional character, and translate is slow.
        case
            when
                names_unified.unified_text
                ~ ('[' || characters.characters || ']')
                then translate(
                        names_unified.unified_text,
                        characters.characters,
                        characters.folded_characters
                    )
            else names_unified.unified_text
        end as simplified_text

    from names_unified

    cross join characters

),

names_plain as materialized (

    select
        names_simplified.name_text,
        case
            when names_simplified.is_han
                then {{ strip_han_punctuation('names_simplified.simplified_text') }}
            else
                {{ space_latin_words(
                    strip_accents('names_simplified.simplified_text')
                ) }}
        end as plain_name,
        case
            when not names_simplified.is_han then 'latin'
            when names_simplified.simplified_text ~ '[A-Za-z]' then 'mixed'
            else 'han'
        end as script

    from names_simplified

),

final as (

    select
        names_plain.name_text,
        lower(names_plain.plain_name) as folded_name,
        names_plain.plain_name,
        names_plain.script

    from names_plain

)

select * from final
