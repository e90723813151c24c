{#
    Seed, and what names a row of it within a version. The first of each family holds
    the version itself: its validity and approval say when, who and why.
-#}
{%- set families = {
    'scorecard': {
        'id': 'scorecard_id',
        'heads': 'scorecards',
        'seeds': {
            'scorecards': [],
            'scorecard_indicators': ['indicator_id'],
            'scorecard_bands': ['indicator_id', 'band'],
            'tier_rules': ['tier'],
            'stability_rules': ['tier_band'],
        },
    },
    'lead': {
        'id': 'lead_rule_id',
        'heads': 'lead_rules',
        'seeds': {
            'lead_rules': [],
            'lead_conditions': ['condition_group', 'metric', 'comparison'],
        },
    },
} -%}
{%- set remarks = ['valid_from', 'valid_to', 'recorded_at', 'approver', 'note'] %}
-- The rows of all versions of scorecards and lead rules in one shape, whatever columns
-- they have, each with the version before and after its own.
with

{% for family in families.values() -%}
{%- for seed in family.seeds %}
{{ seed }} as (

    select * from {{ ref(seed) }}

),
{% endfor -%}
{%- endfor %}
versions as (

    {% for name, family in families.items() -%}
    select
        '{{ name }} ' || {{ family.id }} as rule_set,
        {{ family.id }} as rule_id,
        version as rule_version,
        valid_from,
        recorded_at as recorded_date,
        approver,
        note,
        lag(version) over following as version_before,
        lead(version) over following as version_after

    from {{ family.heads }}

    window following as (partition by {{ family.id }} order by valid_from)

    {{ 'union all' if not loop.last }}

    {% endfor -%}
),

final as (

    {% for name, family in families.items() -%}
    {%- set outer_loop = loop -%}
    {%- for seed, keys in family.seeds.items() -%}
    select
        versions.rule_set,
        versions.rule_set as chain_id,
        versions.rule_version,
        versions.version_before,
        versions.version_after,
        versions.valid_from,
        versions.recorded_date,
        versions.approver,
        versions.note,
        '{{ seed }}' as seed_name,
        {% if keys -%}
        concat_ws(
            ' '
            {%- for key in keys %},
            {{ seed }}.{{ key }}
            {%- endfor %}
        ) as row_key,
        {%- else -%}
        versions.rule_id as row_key,
        {%- endif %}
        to_jsonb({{ seed }}) - array[
            '{{ family.id }}',
            'version'
            {%- for column in keys or remarks %},
            '{{ column }}'
            {%- endfor %}
        ] as rule_row

    from {{ seed }}

    inner join versions
        on
            '{{ name }} ' || {{ seed }}.{{ family.id }} = versions.rule_set
            and {{ seed }}.version = versions.rule_version

    {{ 'union all' if not (loop.last and outer_loop.last) }}

    {% endfor -%}
    {%- endfor -%}
)

select * from final
