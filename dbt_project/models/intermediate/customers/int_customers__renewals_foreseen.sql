-- One row per reported month and agreement that ends within the days of the rule, as
-- the month knew it (S4-08, S4-10). What another agreement of the account and product
-- outlasts is renewed already.
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

known as (

    select
        months.month,
        months.month_end_date,
        versions.agreement_id,
        versions.group_account_id,
        versions.product_code,
        versions.signed_date,
        steps.last_date,
        steps.total_cents,
        max(steps.last_date) over (
            partition by
                months.month, versions.group_account_id, versions.product_code
        ) as last_date_of_product

    from months

    inner join versions
        on
            months.month_end_date >= versions.known_from_date
            and months.month_end_date < versions.known_to_date

    inner join steps
        on
            versions.agreement_id = steps.agreement_id
            and versions.version_number = steps.version_number
            and steps.is_last_step

),

final as (

    select
        known.month,
        known.group_account_id,
        agreements.account_id as account_id_crm,
        true as is_for_owner,
        null as manager_id_charged,
        'agreement' as matter_kind,
        agreements.system_name,
        agreements.agreement_id as matter_id,
        known.signed_date as noted_date,
        known.last_date as due_date,
        (known.total_cents / 100)::numeric(18, 2) as amount,
        concat_ws(
            ' ',
            agreements.agreement_name,
            agreements.agreement_id,
            '(' || known.product_code || ')'
        ) as matter_text,
        null::integer as satisfaction_points,
        null::integer as days_since_visit

    from known

    inner join handover_rules
        on
            {{ is_rule_in_force('handover_rules', 'known.month') }}
            and known.last_date - known.month_end_date
            between 1 and handover_rules.agreement_days

    inner join agreements
        on known.agreement_id = agreements.agreement_id

    where known.last_date = known.last_date_of_product

)

select * from final
