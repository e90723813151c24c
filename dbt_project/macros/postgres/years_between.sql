{# Complete months from one day to another, in years: 59 of them are 4.92, 60 are 5. #}
{% macro years_between(from_date, to_date) -%}
    (
        extract(year from age({{ to_date }}, {{ from_date }})) * 12
        + extract(month from age({{ to_date }}, {{ from_date }}))
    ) / 12
{%- endmacro %}
