with

activities as (

    select * from {{ ref('int_revenue__activities_costed') }}

),

service_activities as (

    select * from {{ ref('service_activities') }}

),

final as (

    select
        activities.month,
        activities.activity_code,
        service_activities.name_en as activity_name,
        service_activities.name_zh as activity_name_zh,
        service_activities.driver_unit,
        service_activities.driver_unit_zh,
        activities.resource_volume,
        activities.driver_volume,
        activities.accounts,
        activities.cost_amount,
        case when activities.is_assigned then activities.cost_amount else 0 end
            as assigned_amount,
        case when activities.is_assigned then 0 else activities.cost_amount end
            as idle_amount,
        round(activities.cost_amount / nullif(activities.driver_volume, 0), 4)
            as unit_cost_amount

    from activities

    left join service_activities
        on
            activities.activity_code = service_activities.activity_code
            and {{ is_rule_in_force('service_activities', 'activities.month') }}

)

select * from final
