with

leads as (

    select * from {{ ref('int_scoring__leads_detected') }}

),

lead_rules as (

    select * from {{ ref('lead_rules') }}

),

updates as (

    select * from {{ ref('int_scoring__lead_updates_resolved') }}

),

final as (

    select
        leads.month,
        leads.lead_rule_id,
        leads.group_account_id,
        leads.lead_rule_version,
        lead_rules.name_en as lead_name,
        lead_rules.name_zh as lead_name_zh,
        lead_rules.lead_action,
        case
            when leads.is_raised then lead_rules.raised_priority
            else lead_rules.base_priority
        end as priority,
        leads.evidence,
        leads.manager_id,
        coalesce(updates.lead_status, 'open') as lead_status,
        updates.outcome,
        updates.updated_at as status_updated_at,
        updates.assigned_to,
        updates.due_date,
        coalesce(
            updates.due_date < leads.month + interval '1 month'
            and coalesce(updates.lead_status, 'open')
            not in ('won', 'lost', 'dismissed'),
            false
        ) as is_overdue,
        updates.feedback,
        coalesce(updates.feedback_count, 0) as feedback_count

    from leads

    inner join lead_rules
        on
            leads.lead_rule_id = lead_rules.lead_rule_id
            and leads.lead_rule_version = lead_rules.version

    left join updates
        on
            leads.lead_rule_id = updates.lead_rule_id
            and leads.group_account_id = updates.group_account_id

)

select * from final
