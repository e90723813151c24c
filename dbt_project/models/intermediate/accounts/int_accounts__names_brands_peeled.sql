-- One row per Chinese body that has a brand word (字号): what is left when trade words
-- (科技, 贸易) are peeled off its end and its town or zone off its start.
with recursive

names_parsed as (

    select * from {{ ref('int_accounts__names_han_parsed') }}

),

names_stripped as (

    select * from {{ ref('int_accounts__names_beginnings_stripped') }}

),

branches_placed as (

    select * from {{ ref('int_accounts__names_branches_placed') }}

),

spellings as (

    select * from {{ ref('int_accounts__names_beginnings_spelled') }}

),

words as (

    select * from {{ ref('name_words') }}

),

organs as (

    select * from {{ ref('name_organs') }}

),

peel_words as (

    select
        words.word,
        right(words.word, 2) as last_two,
        false as is_place

    from words

    where
        words.word_kind in ('trade', 'modifier', 'outlet', 'zone')
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

),

bodies as (

    select
        names_parsed.name_text,
        coalesce(branches_placed.body, names_parsed.body) as body,
        coalesce(names_parsed.legal_form = 'company', false) as may_end_in_place

    from names_parsed

    left join branches_placed on names_parsed.name_text = branches_placed.name_text

    where names_parsed.head_name is null

),

-- Every place where the rest of the body is made of trade words only. A single character
-- such as 店 counts at the very end; a city counts in "…石家庄公司".
peeled (name_text, body, may_end_in_place, place) as (

    select
        bodies.name_text,
        bodies.body,
        bodies.may_end_in_place,
        length(bodies.body) as place

    from bodies

    union

    select
        bodies.name_text,
        bodies.body,
        bodies.may_end_in_place,
        length(bodies.body) - 1 as place

    from bodies

    inner join words
        on right(bodies.body, 1) = words.word and words.word_kind = 'outlet'

    union

    select
        peeled.name_text,
        peeled.body,
        peeled.may_end_in_place,
        peeled.place - length(peel_words.word) as place

    from peeled

    inner join peel_words
        on
            substr(peeled.body, peeled.place - 1, 2) = peel_words.last_two
            and right(left(peeled.body, peeled.place), length(peel_words.word))
            = peel_words.word

    where
        not peel_words.is_place
        or (peeled.may_end_in_place and peeled.place - length(peel_words.word) > 3)

),

-- All of it trade words: no brand. One character left over is too little to be one, so
-- it keeps the word after it.
peeled_furthest as (

    select
        peeled.name_text,
        left(peeled.body, min(peeled.place) filter (where peeled.place > 1)) as stem

    from peeled

    group by
        peeled.name_text,
        peeled.body

    having min(peeled.place) > 0

),

stems_begun as (

    select
        peeled_furthest.name_text,
        peeled_furthest.stem,
        names_stripped.region_code,
        max(length(words.word)) as beginning_length

    from peeled_furthest

    inner join names_stripped
        on peeled_furthest.name_text = names_stripped.name_text

    left join words
        on
            left(peeled_furthest.stem, 2) = left(words.word, 2)
            and starts_with(peeled_furthest.stem, words.word)
            and words.word_kind in ('zone', 'modifier', 'not_town')
            and length(peeled_furthest.stem) >= length(words.word) + 2

    group by
        peeled_furthest.name_text,
        peeled_furthest.stem,
        names_stripped.region_code

),

final as (

    select
        stems_begun.name_text,
        case
            when stems_begun.beginning_length is not null
                then substr(stems_begun.stem, stems_begun.beginning_length + 1)
            when stems_begun.region_code is not null
                then regexp_replace(
                    stems_begun.stem, '^.{1,3}?(镇|乡|街道|街)(?=..)', ''
                )
            else stems_begun.stem
        end as brand_word

    from stems_begun

    where length(stems_begun.stem) > 1

)

select * from final
