with

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

steps as (

    select * from {{ ref('int_revenue__agreement_steps_settled') }}

),

agreement_months as (

    select * from {{ ref('int_revenue__agreement_months_split') }}

),

final as (

    select
        versions.agreement_id,
        agreement_months.month,
        versions.group_account_id,
        versions.product_code,
        versions.signed_date,
        versions.starts_date,
        steps.last_date as ends_date,
        steps.step_number::integer as changes,
        versions.amount as signed_amount,
        (steps.total_cents / 100)::numeric(18, 2) as agreement_amount,
        agreement_months.service_days,
        agreement_months.amount

    from versions

    inner join steps
        on
            versions.agreement_id = steps.agreement_id
            and versions.version_number = steps.version_number

    inner join agreement_months
        on
            versions.agreement_id = agreement_months.agreement_id
            and versions.version_number = agreement_months.version_number

    where
        versions.is_latest
        and steps.is_last_step

)

select * from final
