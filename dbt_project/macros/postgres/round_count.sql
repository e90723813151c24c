{# A share of a count as a whole number, rounded as the rule row says. #}
{% macro round_count(value, rounding) -%}
    case {{ rounding }}
        when 'half_up' then floor({{ value }} + 0.5)
        when 'up' then ceil({{ value }})
        when 'down' then floor({{ value }})
    end::integer
{%- endmacro %}
