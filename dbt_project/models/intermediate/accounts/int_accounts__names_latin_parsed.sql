-- One row per Latin name: its words in one spelling (company = co), and its brand word,
-- the words before the trade words and countries that end it.
with

names_stripped as (

    select * from {{ ref('int_accounts__names_latin_stripped') }}

),

aliases as (

    select * from {{ ref('name_aliases') }}

),

words as (

    select * from {{ ref('name_words') }}

),

name_words as (

    select
        names_stripped.name_text,
        name_words.place,
        coalesce(aliases.canonical_name, name_words.word) as word,
        words.word is not null as is_generic

    from names_stripped

    cross join
        lateral
        unnest(string_to_array(names_stripped.stem, ' '))
        with ordinality as name_words (word, place)

    left join aliases
        on name_words.word = aliases.alias and aliases.alias_place = 'word'

    left join words
        on
            name_words.word = words.word
            and words.word_kind in ('latin_trade', 'latin_country')

    where name_words.word <> ''

),

words_placed as (

    select
        name_words.name_text,
        name_words.place,
        name_words.word,
        max(name_words.place) filter (where not name_words.is_generic)
            over (partition by name_words.name_text) as brand_end

    from name_words

),

final as (

    select
        words_placed.name_text,
        string_agg(words_placed.word, ' ' order by words_placed.place) as core_name,
        string_agg(words_placed.word, ' ' order by words_placed.place)
        filter (where words_placed.place <= words_placed.brand_end) as brand_word

    from words_placed

    group by words_placed.name_text

)

select * from final
