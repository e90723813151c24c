-- The order in which calls that wait at the same time are answered.
with

served as (

    select * from {{ ref('int_scoring__accounts_served') }}

),

classes as (

    select * from {{ ref('service_classes') }}

),

final as (

    select
        served.month,
        served.group_account_id,
        served.branch_id,
        served.manager_id,
        row_number() over (
            partition by served.month
            order by
                classes.queue_priority asc,
                served.total_points desc nulls last,
                served.group_account_id asc
        )::integer as queue_position,
        classes.queue_priority,
        served.service_class,
        classes.name_en as service_class_name,
        classes.name_zh as service_class_name_zh,
        classes.service_mode,
        served.tier_band,
        served.total_points,
        served.is_blacklisted,
        served.blacklisted_date,
        classes.answer_within_seconds,
        classes.answer_target_pct,
        classes.call_back_within_hours,
        served.scorecard_id,
        served.service_rule_version

    from served

    inner join classes
        on
            served.service_rule_id = classes.service_rule_id
            and served.service_rule_version = classes.version
            and served.service_class = classes.service_class

)

select * from final
