{#
    The fact tables of the contract, read with `.split()`. The raw gate measures each of
    them; jinta hands them over from the contract, so that none can be left out.
#}
{% macro landed_facts() -%}
    {{ var('landed_facts') | map(attribute='table') | join(' ') }}
{%- endmacro %}

{# Those that hold every paying account or line of a branch in each month. #}
{% macro landed_bills() -%}
    {{
        var('landed_facts') | selectattr('completes_month') | map(attribute='table')
        | join(' ')
    }}
{%- endmacro %}

{#
    What is known of a fact table: `month` and `measure`, its columns; `reference`, the
    column that names an account or line, and `known`, the relation of those; and
    `business_columns`, in which rows agree that came twice, read with `.split()`.
#}
{% macro fact_part(table, part) -%}
    {{ (var('landed_facts') | selectattr('table', 'equalto', table) | first)[part] }}
{%- endmacro %}

{# The entity tables of the contract, read with `.split()`. #}
{% macro landed_entities() -%}
    {{ var('landed_entities') | join(' ') }}
{%- endmacro %}

{#
    The tables of a kind, fact or entity, whose rows are counted by account, read with
    `.split()`: those whose rows name one, or a prospect, a line or another such row.
#}
{% macro account_tables(kind) -%}
    {{
        var('account_tables') | selectattr('kind', 'equalto', kind)
        | map(attribute='table') | join(' ')
    }}
{%- endmacro %}

{# What is known of one of them; `jinta.transform.variables` says what there is. #}
{% macro account_part(table, part) -%}
    {{ (var('account_tables') | selectattr('table', 'equalto', table) | first)[part] }}
{%- endmacro %}
