-- Tasks and feedback of the window, by the dictionary. No contact is zero where the
-- branch has any of its kind in the window, else missing; a ratio needs feedback.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

counted as (

    select * from {{ ref('int_customers__contacts_counted') }}

),

placed as (

    select
        accounts.month,
        accounts.branch_id,
        accounts.group_account_id,
        coalesce(counted.task_count, 0) as task_count,
        coalesce(counted.process_count, 0) as process_count,
        coalesce(counted.praise_count, 0) as praise_count,
        coalesce(counted.complaint_count, 0) as complaint_count,
        coalesce(counted.suggestion_count, 0) as suggestion_count

    from accounts

    left join counted
        on
            accounts.month = counted.month
            and accounts.group_account_id = counted.group_account_id

),

summed as (

    select
        month,
        group_account_id,
        task_count,
        process_count,
        praise_count,
        complaint_count,
        suggestion_count,
        praise_count + complaint_count + suggestion_count as feedback_count,
        sum(task_count + process_count) over branches > 0 as has_tasks,
        sum(praise_count + complaint_count + suggestion_count) over branches > 0
            as has_feedback

    from placed

    window branches as (partition by month, branch_id)

),

final as (

    select
        month,
        group_account_id,
        case when has_tasks then task_count end as related_tasks,
        case when has_tasks then process_count end as related_processes,
        case when has_feedback then praise_count end as praise_count,
        100.0 * praise_count / nullif(feedback_count, 0) as praise_ratio_pct,
        case when has_feedback then complaint_count end as complaint_count,
        100.0 * complaint_count / nullif(feedback_count, 0) as complaint_ratio_pct,
        case when has_feedback then suggestion_count end as suggestion_count,
        100.0 * suggestion_count / nullif(feedback_count, 0) as suggestion_ratio_pct

    from summed

)

select * from final
