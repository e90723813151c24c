{# A component's value (null when unknown), its weight and what it adds to the score. #}
{% macro evidence_step(value, type, weight) -%}
    jsonb_build_object(
        'value', {{ value }},
        'weight', {{ weight }},
        'adds', round({{ weight }} * coalesce({{ value }}::{{ type }}, 0), 4)
    )
{%- endmacro %}
