-- One row per name text, and per trading name found in one ("Foo Ltd t/a Bar"): the
-- text without differences of width, script, case, accents, blanks and punctuation.
with

names_collected as (

    select * from {{ ref('int_accounts__names_collected') }}

),

characters as (

    select
        string_agg(characters, '' order by characters) as characters,
        string_agg(folded_characters, '' order by characters) as folded_characters

    from {{ ref('name_characters') }}

),

names_split as (

    select
        names_collected.name_text,
        {{ split_trading_name('names_collected.name_text') }} as parts

    from names_collected

),

names_listed as (

    select
        names_split.name_text,
        coalesce(
            nullif(names_split.parts[1], ''),
            nullif(names_split.parts[2], ''),
            names_split.name_text
        ) as main_text,
        case when names_split.parts[1] <> '' then nullif(names_split.parts[2], '') end
            as trading_name

    from names_split

    union

    select
        names_split.parts[2] as name_text,
        names_split.parts[2] as main_text,
        null as trading_name

    from names_split

    left join names_collected
        on names_split.parts[2] = names_collected.name_text

    where names_split.parts[2] <> '' and names_collected.name_text is null

),

-- Materialized, or each use of a text would work it out again.
names_unified as materialized (

    select
        names_listed.name_text,
        names_listed.trading_name,
        {{ unify_width('names_listed.main_text') }} as unified_text

    from names_listed

),

names_simplified as materialized (

    select
        names_unified.name_text,
        names_unified.trading_name,
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
        names_simplified.trading_name,
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
        names_plain.script,
        names_plain.trading_name

    from names_plain

)

select * from final
