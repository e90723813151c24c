-- One row per name whose kind of body can be read off it: a Chinese name ends in it
-- (公安局), a Latin name holds the word (council).
with

han_names as (

    select * from {{ ref('int_accounts__names_han_parsed') }}

),

names_folded as (

    select * from {{ ref('int_accounts__names_folded') }}

),

organs as (

    select * from {{ ref('name_organs') }}

),

han_texts as (

    select
        han_names.name_text,
        concat(
            han_names.head_name,
            han_names.body,
            han_names.legal_form_text,
            han_names.tail,
            han_names.branch_marker
        ) as organ_text

    from han_names

),

-- What stands in brackets tells about the body, not what it is: Taxi Driver (City
-- Council).
latin_words as (

    select
        names_folded.name_text,
        words.place,
        words.word,
        lead(words.word) over following as second_word,
        lead(words.word, 2) over following as third_word

    from names_folded

    cross join
        lateral
        unnest(string_to_array(
            trim(regexp_replace(names_folded.folded_name, '\s*\([^()]*\)?', '', 'g')),
            ' '
        ))
        with ordinality as words (word, place)

    where names_folded.script = 'latin'

    window following as (partition by names_folded.name_text order by words.place)

),

latin_phrases as (

    select
        latin_words.name_text,
        phrases.phrase,
        phrases.word_count,
        latin_words.place + phrases.word_count - 1 as last_place

    from latin_words

    cross join
        lateral
        unnest(array[
            latin_words.word,
            latin_words.word || ' ' || latin_words.second_word,
            latin_words.word || ' ' || latin_words.second_word || ' '
            || latin_words.third_word
        ])
        with ordinality as phrases (phrase, word_count)

    where phrases.phrase is not null

),

organs_found as (

    select
        han_texts.name_text,
        organs.organ_type,
        organs.is_government,
        length(organs.organ_word) as precedence

    from han_texts

    inner join organs
        on
            right(han_texts.organ_text, 1) = right(organs.organ_word, 1)
            and right(han_texts.organ_text, length(organs.organ_word))
            = organs.organ_word

    union all

    -- A council's school is a school: what ends later tells more, of what ends
    -- together the longer.
    select
        latin_phrases.name_text,
        organs.organ_type,
        organs.is_government,
        latin_phrases.last_place * 10 + latin_phrases.word_count as precedence

    from latin_phrases

    inner join organs on latin_phrases.phrase = organs.organ_word

),

organs_ranked as (

    select
        organs_found.name_text,
        organs_found.organ_type,
        organs_found.is_government,
        row_number() over (
            partition by organs_found.name_text
            order by organs_found.precedence desc, organs_found.organ_type asc
        ) as organ_rank

    from organs_found

),

final as (

    select
        organs_ranked.name_text,
        organs_ranked.organ_type,
        organs_ranked.is_government

    from organs_ranked

    where organs_ranked.organ_rank = 1

)

select * from final
