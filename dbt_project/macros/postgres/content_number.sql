{#
    A number that stands for what some columns hold, the same wherever they hold the same;
    arrays of numbers take little room.
#}
{% macro content_number(columns) -%}
    (
            'x' || substr(md5(row({{ columns | join(', ') }})::text), 1, 15)
        )::bit(60)::bigint
{%- endmacro %}
