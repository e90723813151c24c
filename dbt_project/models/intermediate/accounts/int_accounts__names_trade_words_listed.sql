-- One row per word that can be peeled off the end of a Chinese body: trades, outlets,
-- organs, cities. A table of its own, so that the planner knows how many there are.
with

words as (

    select * from {{ ref('name_words') }}

),

organs as (

    select * from {{ ref('name_organs') }}

),

spellings as (

    select * from {{ ref('int_accounts__names_beginnings_spelled') }}

),

final as (

    select
        words.word,
        right(words.word, 2) as last_two,
        false as is_place

    from words

    where
        words.word_kind in ('trade', 'modifier', 'outlet', 'zone', 'brandable')
        and length(words.word) > 1

    union

    select
        organs.organ_word as word,
        right(organs.organ_word, 2) as last_two,
        false as is_place

    from organs

    where {{ has_han('organs.organ_word') }} and length(organs.organ_word) > 1

    union

    select
        spellings.spelling as word,
        right(spellings.spelling, 2) as last_two,
        true as is_place

    from spellings

    where spellings.region_level = 2 and spellings.short_name_use = 'plain'

)

select * from final
