{#
    Birth id of a source record: a hash of the system and its own key, so that it
    survives rebuilds and needs no table to look it up (design decision 6).
#}
{% macro record_id(system_column, key_column) -%}
    'r' || substr(md5({{ system_column }} || chr(31) || {{ key_column }}), 1, 16)
{%- endmacro %}

{# Id of the account whose senior member has this birth id. #}
{% macro group_account_id(record_column) -%}
    'g' || substr({{ record_column }}, 2)
{%- endmacro %}
