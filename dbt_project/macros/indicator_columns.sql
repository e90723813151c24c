{#
    The indicators in the order of their dictionary position. SQL is written from this
    list and not from a query, because dbt can't unit-test a model that queries while
    it compiles; a test compares it with the dictionary. Read it with `.split()`.
#}
{% macro indicator_columns() -%}
    unified_payment_amount
    member_bill_amount
    informatization_amount
    employees
    vnet_users
    informatization_level
    informatization_products
    off_net_rate_pct
    signed_years
    influence_grade
    tax_rank
{%- endmacro %}
