-- A condition on a metric that no model computes could never be met, nor be seen.
with

conditions as (

    select * from {{ ref('lead_conditions') }}

)

select
    lead_rule_id,
    version,
    metric

from conditions

where
    metric not in (
        {%- for metric in lead_metrics().split() %}
        '{{ metric }}'{{ ',' if not loop.last }}
        {%- endfor %}
    )
