-- One row per Chinese name that has a brand word (字号): what was left of its body,
-- without the zone, town and adjectives that it begins with. A name in bare 公司 is
-- colloquial, and may begin with trade words too.
{%- set rounds = 2 %}
with

names_peeled as (

    select * from {{ ref('int_accounts__names_ends_peeled') }}

),

names_stripped as (

    select * from {{ ref('int_accounts__names_beginnings_stripped') }}

),

words as (

    select * from {{ ref('name_words') }}

),

-- A zone bears the name of a place that no list of divisions holds: 江北新区, 滨海高新区.
-- No list of trades is complete: of four characters left over, the last two are one if
-- they end like a product (永兴|绒毛).
patterns as (

    select
        '^.{0,4}?('
        || string_agg({{ as_literal('words.word') }}, '|' order by words.word)
        filter (where words.word_kind = 'zone')
        || ')(?=..)' as zone_pattern,
        '^(..).['
        || string_agg({{ as_literal('words.word') }}, '' order by words.word)
        filter (where words.word_kind = 'product_end')
        || ']$' as product_pattern

    from words

    where
        words.word_kind = 'product_end'
        or words.word_kind = 'zone' and words.word ~ '[区园]$'

),

stems_0 as (

    select
        names_peeled.name_text,
        names_peeled.is_colloquial,
        case
            when names_peeled.stem ~ '[区园]'
                then regexp_replace(names_peeled.stem, patterns.zone_pattern, '')
            else regexp_replace(names_peeled.stem, patterns.product_pattern, '\1')
        end as stem

    from names_peeled

    cross join patterns

),

{% for round in range(1, rounds + 1) -%}
stems_{{ round }} as (

    select
        stems.name_text,
        stems.is_colloquial,
        substr(stems.stem, coalesce(max(length(words.word)), 0) + 1) as stem

    from stems_{{ round - 1 }} as stems

    left join words
        on
            left(stems.stem, 2) = left(words.word, 2)
            and starts_with(stems.stem, words.word)
            and case
                when words.word_kind in ('zone', 'modifier')
                    then length(stems.stem) >= length(words.word) + 2
                when words.word_kind = 'trade' then stems.is_colloquial
            end

    group by
        stems.name_text,
        stems.is_colloquial,
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
        on
            left(stems.stem, 2) = left(words.word, 2)
            and starts_with(stems.stem, words.word)
            and words.word_kind = 'not_town'

    group by
        stems.name_text,
        stems.stem

),

final as (

    select
        towns.name_text,
        case
            when towns.not_town is null and names_stripped.region_code is not null
                then nullif(
                        regexp_replace(
                            towns.stem,
                            '^.{1,3}?(镇|乡|街道|街(?![道镇乡]))(?=..|$)',
                            ''
                        ),
                        ''
                    )
            else towns.stem
        end as brand_word

    from towns

    inner join names_stripped on towns.name_text = names_stripped.name_text

    where towns.stem ~ '..' and towns.stem !~ '^第[0-9]+$'

)

select * from final
