-- Every call by the class of its account; a call of nobody known by that of the
-- unscored.
with

calls as (

    select * from {{ ref('int_service__calls_addressed') }}

),

served as (

    select * from {{ ref('int_scoring__accounts_served') }}

),

rules as (

    select * from {{ ref('int_service__rules_in_force') }}

),

classes as (

    select * from {{ ref('service_classes') }}

),

final as (

    select
        calls.month,
        calls.system_name,
        calls.call_id,
        calls.branch_id,
        calls.queue_code,
        rules.service_rule_version,
        classes.service_class,
        coalesce(served.tier_band, 'unscored') as tier_band,
        classes.answer_target_pct,
        calls.is_answered,
        calls.wait_seconds,
        calls.is_answered and calls.wait_seconds <= classes.answer_within_seconds
            as is_in_time,
        not calls.is_answered and classes.call_back_within_hours is not null
            as is_call_back_due,
        not calls.is_answered
        and coalesce(calls.call_back_hours <= classes.call_back_within_hours, false)
            as is_call_back_in_time

    from calls

    inner join rules
        on calls.month = rules.month

    left join served
        on
            calls.month = served.month
            and calls.group_account_id = served.group_account_id

    inner join classes
        on
            rules.service_rule_id = classes.service_rule_id
            and rules.service_rule_version = classes.version
            and coalesce(served.service_class, rules.unscored_class)
            = classes.service_class

)

select * from final
