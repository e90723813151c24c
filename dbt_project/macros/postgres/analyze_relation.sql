{# Gather statistics for a freshly built table; a view has none. #}
{% macro analyze_relation() -%}
    {%- if model.config.materialized == 'table' -%}analyze {{ this }}{%- endif -%}
{%- endmacro %}
