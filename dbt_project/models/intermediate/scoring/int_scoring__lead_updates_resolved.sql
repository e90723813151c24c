-- A lead is one case per rule and account: what was said last of each thing holds in
-- every month. Ids ascend in the order of recording and end a tie of the clock.
{%- set latest = 'order by updated_at desc, update_id desc' %}
with

updates as (

    select * from {{ ref('int_scoring__lead_updates_addressed') }}

),

final as (

    select
        lead_rule_id,
        group_account_id,
        (
            array_agg(lead_status {{ latest }})
            filter (where lead_status is not null)
        )[1] as lead_status,
        (
            array_agg(outcome {{ latest }})
            filter (where lead_status is not null)
        )[1] as outcome,
        (
            array_agg(assigned_to {{ latest }})
            filter (where assigned_to is not null)
        )[1] as assigned_to,
        (
            array_agg(due_date {{ latest }})
            filter (where assigned_to is not null)
        )[1] as due_date,
        (
            array_agg(feedback {{ latest }})
            filter (where feedback is not null)
        )[1] as feedback,
        count(feedback)::integer as feedback_count,
        (
            array_agg(case_title {{ latest }})
            filter (where case_title is not null)
        )[1] as case_title,
        (
            array_agg(lesson {{ latest }})
            filter (where lesson is not null)
        )[1] as lesson,
        count(*)::integer as steps,
        min(updated_at) as first_step_at,
        max(updated_at) filter (where update_kind <> 'case')
            as updated_at,
        max(updated_at) filter (
            where lead_status in ('won', 'lost', 'dismissed')
        ) as ended_at

    from updates

    group by lead_rule_id, group_account_id

)

select * from final
