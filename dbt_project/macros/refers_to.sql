{#
    Whether a row of one source names the keyed row of another. Keys are unique within a
    source system only: the own system comes first; from a system without that key, it
    means the one row that a bare key means. So a reference never finds two rows:
    `other_systems` says in which further systems an account's key stood.
#}
{% macro refers_to(reference, target, key, reference_key=none) -%}
    {{ target }}.{{ key }} = {{ reference }}.{{ reference_key or key }}
    and (
        {{ target }}.system_name = {{ reference }}.system_name
        or {{ target }}.is_only_system
        {%- if key == 'account_id' %}
        and ({{ target }}.other_systems ? {{ reference }}.system_name) is not true
        {%- endif %}
    )
{%- endmacro %}
