{#
    The indicators in the order of their dictionary position, read with `.split()`. SQL
    is written from the dictionary's file, which jinta hands over as the variable
    `indicators`: a query while dbt compiles could not be unit-tested. A test compares
    what was handed over with the seed.
#}
{% macro indicator_columns() -%}
    {{ var('indicators') | map(attribute='indicator_id') | join(' ') }}
{%- endmacro %}

{# The models that measure them, each once, read with `.split()`. #}
{% macro indicator_models() -%}
    {{ var('indicators') | map(attribute='measured_by') | unique | join(' ') }}
{%- endmacro %}

{# The indicators that one model measures, read with `.split()`. #}
{% macro indicators_of(model) -%}
    {{
        var('indicators') | selectattr('measured_by', 'equalto', model)
        | map(attribute='indicator_id') | join(' ')
    }}
{%- endmacro %}

{# The types in which marts show them, in the same order, read with `.split()`. #}
{% macro indicator_types() -%}
    {{ var('indicators') | map(attribute='value_type') | join(' ') }}
{%- endmacro %}

{# Describe the columns of a mart by what the dictionary says of each indicator. #}
{% macro comment_indicators(relation) -%}
    {% for row in var('indicators') -%}
        comment on column {{ relation }}.{{ row.indicator_id }} is
        '{{ (
            row.name_en ~ ": " ~ row.meaning ~ ", " ~ row.unit
            ~ " (" ~ row.name_zh ~ ", " ~ row.spec_id ~ ")."
        ) | replace("'", "''") }}';
    {% endfor %}
{%- endmacro %}
