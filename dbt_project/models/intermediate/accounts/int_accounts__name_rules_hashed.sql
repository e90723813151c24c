-- One row: a hash of all that a reading of a name depends on but the name.
with
{% set seeds = [
    'name_characters', 'name_regions', 'name_words', 'name_aliases',
    'name_legal_forms', 'name_organs',
] %}
{%- for seed in seeds %}
{{ seed }}_hashed as (

    select md5(string_agg(rules::text, chr(10) order by rules::text)) as rules_hash

    from {{ ref(seed) }} as rules

),
{% endfor %}
final as (

    select
        md5(concat_ws(
            ' ',
            {%- for seed in seeds %}
            {{ seed }}_hashed.rules_hash,
            {%- endfor %}
            {{ code_hash() }}
        )) as rules_hash

    from {{ seeds[0] }}_hashed
    {% for seed in seeds[1:] %}
    cross join {{ seed }}_hashed
    {% endfor %}
)

select * from final
