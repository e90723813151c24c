{#
    The seeds of all kinds of rules, read with `.split()`: what handles versions of rules
    is written from the rows of `rule_families`, which jinta hands over as a variable.
#}
{% macro rule_seeds() -%}
    {{ var('rule_families') | map(attribute='seed') | join(' ') }}
{%- endmacro %}

{# The seeds that hold the versions: one of each kind. #}
{% macro rule_heads() -%}
    {{
        var('rule_families') | selectattr('position', 'equalto', '1')
        | map(attribute='seed') | join(' ')
    }}
{%- endmacro %}

{# One column of a seed's row, such as `family` or `id_column`. #}
{% macro rule_part(seed, part) -%}
    {% for row in var('rule_families') if row.seed == seed %}{{ row[part] }}{% endfor %}
{%- endmacro %}
