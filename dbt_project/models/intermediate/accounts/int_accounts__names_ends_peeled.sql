-- One row per name of a Chinese body: what is left when trade words (科技, 贸易) are
-- peeled off the end of it; null when nothing is.
with recursive

names_parsed as (

    select * from {{ ref('int_accounts__names_han_parsed') }}

),

branches_placed as (

    select * from {{ ref('int_accounts__names_branches_placed') }}

),

words as (

    select * from {{ ref('name_words') }}

),

peel_words as (

    select * from {{ ref('int_accounts__names_trade_words_listed') }}

),

bodies as (

    select
        names_parsed.name_text,
        regexp_replace(
            coalesce(branches_placed.body, names_parsed.body), '^中国(?=..)', ''
        ) as body,
        coalesce(names_parsed.legal_form = 'company', false) as is_colloquial

    from names_parsed

    left join branches_placed on names_parsed.name_text = branches_placed.name_text

    where names_parsed.head_name is null

),

-- Every place where the rest of the body is made of trade words only. One character
-- such as 店 counts at the very end, a city (中节能|秦皇岛|环保) if enough stands before
-- it: a brand word may end like one.
peeled (name_text, body, is_colloquial, place) as (

    select
        bodies.name_text,
        bodies.body,
        bodies.is_colloquial,
        length(bodies.body) as place

    from bodies

    union

    select
        bodies.name_text,
        bodies.body,
        bodies.is_colloquial,
        length(bodies.body) - 1 as place

    from bodies

    inner join words
        on right(bodies.body, 1) = words.word and words.word_kind = 'outlet'

    union

    select
        peeled.name_text,
        peeled.body,
        peeled.is_colloquial,
        peeled.place - length(peel_words.word) as place

    from peeled

    inner join peel_words
        on
            substr(peeled.body, peeled.place - 1, 2) = peel_words.last_two
            and right(left(peeled.body, peeled.place), length(peel_words.word))
            = peel_words.word

    where not peel_words.is_place or peeled.place - length(peel_words.word) >= 2

),

-- All of it trade words: no brand, unless one that can be a brand too (城建) opens it.
-- One character left over is too little to be one, so it keeps the word after it.
final as (

    select
        peeled.name_text,
        peeled.body,
        peeled.is_colloquial and min(peeled.place) > 0 as is_colloquial,
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
            words.word_kind = 'brandable'
            and words.word = left(peeled.body, peeled.place)

    group by
        peeled.name_text,
        peeled.body,
        peeled.is_colloquial

)

select * from final
