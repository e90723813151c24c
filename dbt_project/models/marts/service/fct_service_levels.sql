-- Every call counts once among the rows of branches and queues, and once in those of
-- all.
with

calls as (

    select * from {{ ref('int_scoring__calls_judged') }}

),

counted as (

    select
        month,
        case when grouping(branch_id) = 1 then 'all' else branch_id end as branch_id,
        case when grouping(queue_code) = 1 then 'all' else queue_code end as queue_code,
        service_class,
        tier_band,
        service_rule_version,
        answer_target_pct,
        count(*)::integer as calls,
        count(*) filter (where is_answered)::integer as answered_calls,
        count(*) filter (where is_in_time)::integer as answered_in_time,
        round(avg(wait_seconds), 1) as mean_wait_seconds,
        count(*) filter (where is_call_back_due)::integer as call_backs_due,
        count(*) filter (where is_call_back_in_time)::integer as call_backs_in_time

    from calls

    group by
        month,
        service_class,
        tier_band,
        service_rule_version,
        answer_target_pct,
        grouping sets ((branch_id, queue_code), ())

),

final as (

    select
        month,
        branch_id,
        queue_code,
        service_class,
        tier_band,
        service_rule_version,
        calls,
        answered_calls,
        answered_in_time,
        round(100.0 * answered_in_time / calls, 2) as answered_in_time_pct,
        answer_target_pct,
        100 * answered_in_time >= answer_target_pct * calls as is_target_met,
        mean_wait_seconds,
        call_backs_due,
        call_backs_in_time,
        round(100.0 * call_backs_in_time / nullif(call_backs_due, 0), 2)
            as call_backs_in_time_pct

    from counted

)

select * from final
