-- One row per version of an agreement and month: its days and its amount (S4-09). What
-- a step has left is spread evenly over its days; each month gets the rounded sum up to
-- its end less the rounded sum up to the month before, so that the months sum to the
-- amount exactly and a later change leaves earlier months as they were.
with

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

steps as (

    select * from {{ ref('int_revenue__agreement_steps_settled') }}

),

step_months as (

    select
        steps.agreement_id,
        steps.version_number,
        months.month::date as month,
        steps.step_number = 0 and steps.is_last_step as is_only_step,
        steps.left_cents,
        steps.last_date - steps.first_date + 1 as step_days,
        greatest(months.month::date - steps.first_date, 0) as days_before,
        least(
            (months.month + interval '1 month')::date - steps.first_date,
            steps.last_served_date - steps.first_date + 1
        ) as days_up_to

    from steps

    cross join
        lateral generate_series(
            date_trunc('month', steps.first_date),
            steps.last_served_date,
            interval '1 month'
        ) as months (month)

    where steps.last_served_date >= steps.first_date

),

parts as (

    select
        agreement_id,
        version_number,
        month,
        is_only_step,
        days_up_to - days_before as service_days,
        round(left_cents * days_up_to / step_days)
        - round(left_cents * days_before / step_days) as amount_cents

    from step_months

),

settlements as (

    -- What is settled with no day left is due on the last day served.
    select
        steps.agreement_id,
        steps.version_number,
        date_trunc(
            'month', greatest(steps.first_date - 1, versions.starts_date)
        )::date as month,
        steps.left_cents

    from steps

    inner join versions
        on
            steps.agreement_id = versions.agreement_id
            and steps.version_number = versions.version_number

    where
        steps.is_last_step
        and steps.last_date < steps.first_date

),

-- Only a change lets two steps share a month.
months_of_changed as (

    select
        agreement_id,
        version_number,
        month,
        service_days,
        amount_cents

    from parts

    where not is_only_step

    union all

    select
        agreement_id,
        version_number,
        month,
        0 as service_days,
        left_cents as amount_cents

    from settlements

),

final as (

    select
        agreement_id,
        version_number,
        month,
        service_days,
        (amount_cents / 100)::numeric(18, 2) as amount

    from parts

    where is_only_step

    union all

    select
        agreement_id,
        version_number,
        month,
        sum(service_days)::integer as service_days,
        (sum(amount_cents) / 100)::numeric(18, 2) as amount

    from months_of_changed

    group by agreement_id, version_number, month

)

select * from final
