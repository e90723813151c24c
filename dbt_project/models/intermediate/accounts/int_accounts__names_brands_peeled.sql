-- One row per Chinese body that has a brand word (字号): what is left when trade words
-- (科技, 贸易) are peeled off its end, and its zone, town and adjectives off its start.
-- A name in bare 公司 is colloquial, and may begin with trade words too.
{%- set rounds = 2 %}
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
        words.word_kind in ('trade', 'modifier', 'outlet', 'zone', 'abbreviation')
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
        regexp_replace(
            coalesce(branches_placed.body, names_parsed.body), '^中国(?=..)', ''
        ) as body,
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

-- All of it trade words: no brand, unless an abbreviation such as 城建 opens it. One
-- character left over is too little to be one, so it keeps the word after it.
peeled_furthest as (

    select
        peeled.name_text,
        peeled.body,
        peeled.may_end_in_place,
        case
            when min(peeled.place) > 0
                then
                    left(
                        peeled.body,
                        min(peeled.place) filter (where peeled.place > 1)
                    )
            else max(words.word)
        end as stem

    from peeled

    left join words
        on
            words.word_kind = 'abbreviation'
            and words.word = left(peeled.body, peeled.place)

    group by
        peeled.name_text,
        peeled.body,
        peeled.may_end_in_place

),

{% for round in range(1, rounds + 1) -%}
{%- set before = 'peeled_furthest' if loop.first else 'stems_' ~ (round - 1) -%}
stems_{{ round }} as (

    select
        stems.name_text,
        stems.may_end_in_place,
        substr(stems.stem, coalesce(max(length(words.word)), 0) + 1) as stem

    from {{ before }} as stems

    left join words
        on
            left(stems.stem, 2) = left(words.word, 2)
            and starts_with(stems.stem, words.word)
            and length(stems.stem) >= length(words.word) + 2
            and (
                words.word_kind in ('zone', 'modifier')
                or (words.word_kind = 'trade' and stems.may_end_in_place)
            )

    group by
        stems.name_text,
        stems.may_end_in_place,
        stems.stem

),

{% endfor -%}
towns as (

    select
        stems.name_text,
        stems.stem,
        max(words.word) as not_town

    from stems_{{ rounds }} as stems

    left join words
        on words.word_kind = 'not_town' and starts_with(stems.stem, words.word)

    group by
        stems.name_text,
        stems.stem

),

final as (

    select
        towns.name_text,
        case
            when towns.not_town is null and names_stripped.region_code is not null
                then regexp_replace(
                    towns.stem, '^.{1,3}?(镇|乡|街道|街(?!道))(?=..)', ''
                )
            else towns.stem
        end as brand_word

    from towns

    inner join names_stripped on towns.name_text = names_stripped.name_text

    where towns.stem ~ '..' and towns.stem !~ '^第[0-9]+$'

)

select * from final
