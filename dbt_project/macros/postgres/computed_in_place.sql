{#
    The opposite of `computed_once`: lets a filter on a view reach a step that is read
    in several places, so that it reads one month instead of all.
#}
{% macro computed_in_place() -%}
    not materialized
{%- endmacro %}
