-- One row per name whose kind of body can be read off it: a Chinese name ends in it
-- (公安局), a Latin name holds the word (council).
with

han_names as (

    select * from {{ ref('int_accounts__names_han_parsed') }}

),

latin_names as (

    select * from {{ ref('int_accounts__names_latin_parsed') }}

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

latin_words as (

    select
        latin_names.name_text,
        words.place,
        words.word,
        words.word || ' ' || lead(words.word) over (
            partition by latin_names.name_text order by words.place
        ) as word_pair

    from latin_names

    cross join
        lateral
        unnest(string_to_array(latin_names.core_name, ' '))
        with ordinality as words (word, place)

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

    -- A council's school is a school: the later word tells more.
    select
        latin_words.name_text,
        organs.organ_type,
        organs.is_government,
        latin_words.place as precedence

    from latin_words

    inner join organs
        on organs.organ_word in (latin_words.word, latin_words.word_pair)

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
