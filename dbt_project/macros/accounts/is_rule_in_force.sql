{# Whether a rule row holds on a day; an empty `valid_to` leaves the end open. #}
{% macro is_rule_in_force(rules, day) -%}
    {{ day }} between {{ rules }}.valid_from
        and coalesce({{ rules }}.valid_to, 'infinity'::date)
{%- endmacro %}
