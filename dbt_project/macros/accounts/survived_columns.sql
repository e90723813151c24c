{# The columns of the golden record whose values survive by rule, with their types. #}
{% macro survived_columns() -%}
    {{ return({
        'account_name': 'text', 'branch_id': 'text', 'county_name': 'text',
        'address': 'text', 'office_phone': 'text', 'industry': 'text', 'ownership': 'text', 'credit_code': 'text',
        'employees': 'integer', 'informatization_level': 'integer',
        'signed_date': 'date', 'former_grade': 'text', 'manager_id': 'text',
        'has_oa': 'boolean', 'competitor_share_pct': 'numeric(5, 2)',
        'competitor_offer': 'text', 'created_date': 'date',
    }) }}
{%- endmacro %}
