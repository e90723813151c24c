{#- What a manager can serve, of all coverage rules together: one account counts as this
    by the most accounts of its rule. A whole number of parts, so that sums are exact. -#}
{% macro whole_load() %}1000000000{% endmacro %}
