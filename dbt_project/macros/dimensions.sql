{# The dimensions a scorecard may have, each a column of points; read with `.split()`. #}
{% macro dimensions() -%}
    x y z w
{%- endmacro %}
