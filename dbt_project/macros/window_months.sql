{#
    How many months the averaged indicators look at, the reported one included. The
    dictionary says the same for people; a test compares them.
#}
{% macro window_months() -%}
    3
{%- endmacro %}
