{# Keeps Postgres from writing a step's expressions into each place that reads them. #}
{% macro computed_once() -%}
    materialized
{%- endmacro %}
