-- What people decided, of whatever kind, as it was recorded.
with

overrides as (

    select * from {{ ref('stg_jinta__tier_overrides') }}

),

steward_decisions as (

    select * from {{ ref('stg_jinta__steward_decisions') }}

),

lead_updates as (

    select * from {{ ref('stg_jinta__lead_updates') }}

),

final as (

    select
        'tier_override' as decision_type,
        override_id as decision_id,
        case when tier is null then 'end' else 'override' end as decision_kind,
        recorded_at,
        approver as decided_by,
        reason,
        account_id as account_id_crm,
        null as other_account_id_crm,
        scorecard_id as rule_id,
        tier as decided_value,
        valid_from,
        valid_to

    from overrides

    union all

    select
        'steward_decision' as decision_type,
        decision_id,
        decision_kind,
        decided_at as recorded_at,
        decided_by,
        reason,
        account_id_left as account_id_crm,
        account_id_right as other_account_id_crm,
        null as rule_id,
        null as decided_value,
        null as valid_from,
        null as valid_to

    from steward_decisions

    union all

    select
        'lead_update' as decision_type,
        update_id as decision_id,
        update_kind as decision_kind,
        updated_at as recorded_at,
        updated_by as decided_by,
        coalesce(outcome, feedback, lesson) as reason,
        account_id as account_id_crm,
        null as other_account_id_crm,
        lead_rule_id as rule_id,
        coalesce(lead_status, assigned_to, case_title) as decided_value,
        null as valid_from,
        due_date as valid_to

    from lead_updates

)

select * from final
