{#
    Whether a row of one source names the keyed row of another. Keys are unique within a
    source system only: the own system comes first, another one counts if the key
    stands in one system only. So a reference never finds two rows.
#}
{% macro refers_to(reference, target, key) -%}
    {{ target }}.{{ key }} = {{ reference }}.{{ key }}
    and (
        {{ target }}.system_name = {{ reference }}.system_name
        or {{ target }}.is_only_system
    )
{%- endmacro %}
