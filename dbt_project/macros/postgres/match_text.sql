{#
    The part of a phone number that records of one organisation share however it is
    written: its last seven digits, without area or country code.
#}
{% macro phone_key(column) -%}
    substring(
        regexp_replace(normalize({{ column }}, nfkc), '[^0-9]', '', 'g')
        from '[0-9]{7}$'
    )
{%- endmacro %}

{# Text without case, width, blanks and punctuation. #}
{% macro bare_text(column) -%}
    nullif(
        regexp_replace(
            lower(normalize({{ column }}, nfkc)),
            '[\s!-/:-@\[-`{-~、。·…—“”‘’「」《》【】]+', '', 'g'
        ),
        ''
    )
{%- endmacro %}

{#
    The numbers a name holds, in order and in Arabic digits: 第一, 一 and 1 agree,
    第一 and 第二 don't. Chinese numerals up to 99 and English ordinals to fifth.
#}
{% macro number_words(column) -%}
    nullif(trim(regexp_replace(
        translate(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        {{ english_ordinals(column) }},
                        '([一二三四五六七八九])十([一二三四五六七八九])', '\1\2', 'g'
                    ),
                    '([一二三四五六七八九])十', '\10', 'g'
                ),
                '十([一二三四五六七八九])', '1\1', 'g'
            ),
            '一二三四五六七八九〇零', '12345678900'
        ),
        '[^0-9十]+', ' ', 'g'
    )), '')
{%- endmacro %}

{% macro english_ordinals(column) -%}
    {%- set ns = namespace(text=column) -%}
    {%- for word in ['first', 'second', 'third', 'fourth', 'fifth'] -%}
        {%- set ns.text -%}
            regexp_replace({{ ns.text }}, '\m{{ word }}\M', '{{ loop.index }}', 'g')
        {%- endset -%}
    {%- endfor -%}
    {{ ns.text }}
{%- endmacro %}

{#
    Set of a text's character n-grams. Han characters carry a meaning each, so two
    make a gram; letters need three to be as telling.
#}
{% macro gram_set(text_column, length_column) -%}
    array(
        select distinct
            substr({{ text_column }}, starts.place, {{ length_column }}) collate "C"
        from generate_series(
            1, length({{ text_column }}) - {{ length_column }} + 1
        ) as starts (place)
        order by 1
    )
{%- endmacro %}

{#
    Dice overlap of two gram sets, exact to four decimals: twice what they share over
    what they hold. Null when one is empty.
#}
{% macro dice_overlap(left_grams, right_grams) -%}
    round(
        2.0 * (
            select count(*)
            from unnest({{ left_grams }}) as grams (gram)
            where grams.gram = any({{ right_grams }})
        ) / nullif(cardinality({{ left_grams }}) + cardinality({{ right_grams }}), 0),
        4
    )
{%- endmacro %}

{#
    How many characters of the longer text lie between what both texts begin with and
    what both end with: 0 when they agree, 1 after one typing error.
#}
{% macro differing_span(left_text, right_text) -%}
    greatest(
        0,
        greatest(length({{ left_text }}), length({{ right_text }}))
        - (
            select count(*)
            from generate_series(
                1, least(length({{ left_text }}), length({{ right_text }}))
            ) as places (place)
            where
                left({{ left_text }}, places.place)
                = left({{ right_text }}, places.place)
        )
        - (
            select count(*)
            from generate_series(
                1, least(length({{ left_text }}), length({{ right_text }}))
            ) as places (place)
            where
                right({{ left_text }}, places.place)
                = right({{ right_text }}, places.place)
        )
    )::integer
{%- endmacro %}
