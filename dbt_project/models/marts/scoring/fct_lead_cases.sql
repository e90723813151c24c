-- The work on every lead that anybody began, and what others can learn from it.
with

updates as (

    select * from {{ ref('int_scoring__lead_updates_addressed') }}

),

resolved as (

    select * from {{ ref('int_scoring__lead_updates_resolved') }}

),

histories as (

    select
        lead_rule_id,
        group_account_id,
        jsonb_agg(
            jsonb_build_object(
                'at',
                to_char(updated_at at time zone 'utc', 'YYYY-MM-DD HH24:MI'),
                'kind', update_kind,
                'status', lead_status,
                'said', coalesce(outcome, feedback, case_title),
                'assigned_to', assigned_to
            )
            order by updated_at, update_id
        ) as history

    from updates

    group by lead_rule_id, group_account_id

),

final as (

    select
        resolved.lead_rule_id,
        resolved.group_account_id,
        coalesce(resolved.lead_status, 'open') as lead_status,
        resolved.outcome,
        resolved.assigned_to,
        resolved.due_date,
        resolved.first_step_at,
        case
            when resolved.lead_status in ('won', 'lost', 'dismissed')
                then resolved.ended_at
        end as ended_at,
        resolved.steps,
        resolved.feedback_count,
        histories.history,
        resolved.case_title is not null as is_case,
        resolved.case_title,
        resolved.lesson

    from resolved

    inner join histories
        on
            resolved.lead_rule_id = histories.lead_rule_id
            and resolved.group_account_id = histories.group_account_id

)

select * from final
