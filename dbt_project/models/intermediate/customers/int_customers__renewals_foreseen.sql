-- One row per reported month and agreement that ends within the days of the rule, as
-- the month knew it (S4-08, S4-10).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

handover_rules as (

    select * from {{ ref('handover_rules') }}

),

agreements as (

    select * from {{ ref('stg_crm__agreements') }}

),

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

steps as (

    select * from {{ ref('int_revenue__agreement_steps_settled') }}

),

final as (

    select
        months.month,
        versions.group_account_id,
        agreements.account_id as account_id_crm,
        true as is_for_owner,
        null as manager_id_charged,
        'agreement' as matter_kind,
        agreements.system_name,
        agreements.agreement_id as matter_id,
        versions.signed_date as noted_date,
        steps.last_date as due_date,
        (steps.total_cents / 100)::numeric(18, 2) as amount,
        coalesce(agreements.agreement_name, agreements.agreement_id) as matter_text,
        null::integer as satisfaction_points,
        null::integer as days_since_visit

    from months

    inner join handover_rules
        on {{ is_rule_in_force('handover_rules', 'months.month') }}

    inner join versions
        on
            months.month_end_date >= versions.known_from_date
            and months.month_end_date < versions.known_to_date

    inner join steps
        on
            versions.agreement_id = steps.agreement_id
            and versions.version_number = steps.version_number
            and steps.is_last_step
            and steps.last_date - months.month_end_date
            between 1 and handover_rules.agreement_days

    inner join agreements
        on versions.agreement_id = agreements.agreement_id

)

select * from final
