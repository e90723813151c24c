{#
    What a run may know (design decision 2): loads up to its `known_load_id` and human
    decisions up to its `known_at`. Usually that is everything; a rebuild of what was
    once published knows no more than was known then. Staging alone asks.
#}
{% macro known_load_id() -%}
    (select max(run_months.known_load_id) from {{ source('control', 'run_months') }} as run_months)
{%- endmacro %}

{# A row version that the run knows, whether it still stands or has ended. #}
{% macro is_known_row() -%}
    _first_load_id <= {{ known_load_id() }}
{%- endmacro %}

{# A row that stands as far as the run knows. #}
{% macro is_current_row() -%}
    _first_load_id <= {{ known_load_id() }}
        and coalesce(_last_load_id > {{ known_load_id() }}, true)
{%- endmacro %}

{# The end of a row version, `_last_load_id` or `_last_as_of`, if the run knows of it. #}
{% macro known_end(column) -%}
    case when _last_load_id <= {{ known_load_id() }} then {{ column }} end
{%- endmacro %}

{# A human decision that the run knows. #}
{% macro is_known_decision(recorded_at) -%}
    {{ recorded_at }} <= (
            select max(run_months.known_at)
            from {{ source('control', 'run_months') }} as run_months
        )
{%- endmacro %}
