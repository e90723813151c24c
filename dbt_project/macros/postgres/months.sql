{#
    The months a staging model of a fact table keeps: the run's months and the
    `look_back` months before each. An array keeps partition pruning, which a join
    with the control table would lose.
#}
{% macro in_run_months(month_column, look_back=0) -%}
    {{ month_column }} = any(array(
        select distinct (run_months.month - make_interval(months => steps.step))::date
        from {{ source('control', 'run_months') }} as run_months
        cross join generate_series(0, {{ look_back }}) as steps (step)
    ))
{%- endmacro %}

{# The last month of the run: what came later must not change it. #}
{% macro last_run_month() -%}
    (select max(run_months.month) from {{ source('control', 'run_months') }} as run_months)
{%- endmacro %}

{# A month as a whole number, one more than that of the month before. #}
{% macro month_number(month_column) -%}
    (
        extract(year from {{ month_column }}) * 12 + extract(month from {{ month_column }})
    )::integer
{%- endmacro %}
