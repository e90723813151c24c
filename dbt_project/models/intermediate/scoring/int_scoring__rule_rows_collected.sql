{#
    The families and their seeds are rows of rule_families. The first seed of each holds
    the version itself: its validity and approval say when, who and why.
-#}
{%- set remarks = ['valid_from', 'valid_to', 'recorded_at', 'approver', 'note'] -%}
-- The rows of all versions of all rule families in one shape, whatever columns they
-- have, each with the version before and after its own.
with

{% for seed in rule_seeds().split() -%}
{{ seed }} as (

    select * from {{ ref(seed) }}

),

{% endfor -%}
heads as (

    {% for seed in rule_heads().split() -%}
    {%- set id_column = rule_part(seed, 'id_column') | trim -%}
    -- A version may be several rows, which hold alike; each has its own remarks.
    select
        '{{ rule_part(seed, 'family') | trim }} ' || {{ id_column }} as rule_set,
        {{ id_column }}::text as rule_id,
        version as rule_version,
        min(valid_from) as valid_from,
        min(recorded_at) as recorded_date,
        min(approver) as approver,
        min(note) as note

    from {{ seed }}

    group by {{ id_column }}, version

    {{ 'union all' if not loop.last }}

    {% endfor -%}
),

versions as (

    select
        *,
        lag(rule_version) over following as version_before,
        lead(rule_version) over following as version_after

    from heads

    window following as (partition by rule_set order by valid_from)

),

final as (

    {% for seed in rule_seeds().split() -%}
    {%- set keys = rule_part(seed, 'key_columns').split() -%}
    {%- set id_column = rule_part(seed, 'id_column') | trim -%}
    {%- set is_head = seed in rule_heads().split() -%}
    select
        versions.rule_set,
        versions.rule_set as chain_id,
        versions.rule_version,
        versions.version_before,
        versions.version_after,
        versions.valid_from,
        {{ seed ~ '.recorded_at' if is_head else 'versions.recorded_date' }}
            as recorded_date,
        {{ seed if is_head else 'versions' }}.approver,
        {{ seed if is_head else 'versions' }}.note,
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
            '{{ id_column }}',
            'version'
            {%- for column in (remarks if is_head else keys) %},
            '{{ column }}'
            {%- endfor %}
        ] as rule_row

    from {{ seed }}

    inner join versions
        on
            '{{ rule_part(seed, 'family') | trim }} ' || {{ seed }}.{{ id_column }}
            = versions.rule_set
            and {{ seed }}.version = versions.rule_version

    {{ 'union all' if not loop.last }}

    {% endfor -%}
)

select * from final
