{#
    A primary key: no null in any of its columns and no combination twice.
    Returns the offending key values and how often they occur.
#}
{% test primary_key(model, columns) %}

select
    {% for column in columns -%}
    {{ column }},
    {% endfor -%}
    count(*) as rows_found

from {{ model }}

group by {{ columns | join(', ') }}

having
    count(*) > 1
    {% for column in columns -%}
    or {{ column }} is null
    {% endfor %}
{% endtest %}
