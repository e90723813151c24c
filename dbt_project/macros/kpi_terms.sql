{#
    One term of a key figure as SQL: its aggregate over the rows that its filter names,
    `column=value value; column!=value`. The aggregate is a sum or count of one column.
    A sum of no row is zero, one of rows without any value is unknown.
#}
{% macro kpi_term(mart, aggregate, filter) -%}
    {%- set name = aggregate.split('(')[0] -%}
    {%- set column = aggregate.split('(')[1].rstrip(')') -%}
    {%- if name == 'sum' -%}
    case
            when count(*){{ kpi_filter(mart, filter) }} = 0 then 0
            else sum({{ mart }}.{{ column }}){{ kpi_filter(mart, filter) }}
        end
    {%- else -%}
    {{ name }}({{ mart ~ '.' if column != '*' }}{{ column }}){{ kpi_filter(mart, filter) }}
    {%- endif -%}
{%- endmacro %}

{# The rows that a filter names. #}
{% macro kpi_filter(mart, filter) -%}
    {%- if filter %} filter (
            where
                {% for part in filter.split(';') -%}
                {{ mart }}.{{ part.split('=')[0].rstrip('!').strip() }}::text
                {{ 'not ' if '!=' in part }}in ('{{ part.split('=')[1].split() | join("', '") }}')
                {{- '\n                and ' if not loop.last }}
                {%- endfor %}
        )
    {%- endif %}
{%- endmacro %}

{# The branch of a mart's row, or of the account that it is about; all where summed up. #}
{% macro kpi_branch(mart, place) -%}
    {%- if place == 'none' -%}
    'all'
    {%- else -%}
    {%- set branch = (mart if place == 'branch_id' else 'accounts') ~ '.branch_id' -%}
    case
            when grouping({{ branch }}) = 1 then 'all'
            else coalesce({{ branch }}, 'unknown')
        end
    {%- endif -%}
{%- endmacro %}

{# Rows by month and branch, and by month; of the company alone by month. #}
{% macro kpi_groups(mart, place) -%}
    {%- if place == 'none' -%}
    {{ mart }}.month
    {%- else -%}
    {%- set branch = (mart if place == 'branch_id' else 'accounts') ~ '.branch_id' -%}
    grouping sets (({{ mart }}.month, {{ branch }}), ({{ mart }}.month))
    {%- endif -%}
{%- endmacro %}
