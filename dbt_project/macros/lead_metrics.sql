{# What lead conditions may ask about: the columns of the lead metrics model,
   read with `.split()`. #}
{% macro lead_metrics() -%}
    is_government
    unified_payment_share_pct
    unified_payment_share_above_pct
    influence_points
    has_recorded_need
    x_below_pct
    y_below_pct
    z_above_pct
    vnet_users_per_employee_pct
    competitor_share_pct
    total_above_pct
    open_opportunities
    is_top_thin
    look_alike_points
{%- endmacro %}
