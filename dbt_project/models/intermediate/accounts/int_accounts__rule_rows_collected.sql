{%- set seeds = {
    'match_limits': 'limit_name',
    'match_weights': 'component',
    'match_hard_keys': 'key_kind',
    'match_place_bound_organs': 'organ_type',
    'survivorship_rules': 'column_name',
} %}
-- The matcher's rules in the shape of all rule rows. Each row has its own validity, so
-- each has its own chain of versions.
with

{% for seed in seeds -%}
{{ seed }} as (

    select * from {{ ref(seed) }}

),

{% endfor -%}
final as (

    {% for seed, key in seeds.items() -%}
    select
        'matching {{ seed }}' as rule_set,
        '{{ seed }} ' || {{ key }} as chain_id,
        version as rule_version,
        lag(version) over following as version_before,
        lead(version) over following as version_after,
        valid_from,
        valid_to,
        recorded_at as recorded_date,
        approver,
        reason as note,
        '{{ seed }}' as seed_name,
        {{ key }} as row_key,
        to_jsonb({{ seed }}) - array[
            '{{ key }}', 'version', 'valid_from', 'valid_to', 'recorded_at', 'approver',
            'reason'
        ] as rule_row

    from {{ seed }}

    window following as (partition by {{ key }} order by valid_from)

    {{ 'union all' if not loop.last }}

    {% endfor -%}
)

select * from final
