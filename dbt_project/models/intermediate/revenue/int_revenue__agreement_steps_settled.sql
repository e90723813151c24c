-- An agreement as a chain of steps, one from its start and one per change (S4-09). A
-- step begins on its first day with what is left to spread from there to the
-- agreement's last day, in cents; the days before it keep what they got. A change takes
-- effect within what is agreed: not before the step before it, nor later than the day
-- after the last one, so that days follow each other without a hole.
with recursive

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

changes as (

    select * from {{ ref('int_revenue__agreement_changes_ordered') }}

),

steps as (

    select
        agreement_id,
        version_number,
        0::bigint as step_number,
        starts_date as first_date,
        greatest(ends_date, starts_date - 1) as last_date,
        round(amount * 100) as total_cents,
        round(amount * 100) as left_cents

    from versions

    union all

    select
        steps.agreement_id,
        steps.version_number,
        changes.step_number,
        effects.first_date,
        case changes.change_kind
            when 'early_end' then effects.first_date - 1
            else
                greatest(
                    coalesce(changes.ends_date, steps.last_date), effects.first_date - 1
                )
        end as last_date,
        totals.total_cents,
        totals.total_cents - shares.served_cents as left_cents

    from steps

    inner join changes
        on
            steps.agreement_id = changes.agreement_id
            and steps.version_number = changes.version_number
            and changes.step_number = steps.step_number + 1

    cross join
        lateral (
            values
            (
                least(
                    greatest(changes.effective_date, steps.first_date),
                    steps.last_date + 1
                )
            )
        ) as effects (first_date)

    -- What all days before the change were worth.
    cross join
        lateral (
            values
            (
                steps.total_cents
                - steps.left_cents
                + coalesce(
                    round(
                        steps.left_cents * (effects.first_date - steps.first_date)
                        / nullif(steps.last_date - steps.first_date + 1, 0)
                    ),
                    0
                )
            )
        ) as shares (served_cents)

    cross join lateral (
        values
        (
            coalesce(
                round(changes.amount * 100),
                case changes.change_kind
                    when 'early_end' then shares.served_cents
                    else steps.total_cents
                end
            )
        )
    ) as totals (total_cents)

),

final as (

    select
        agreement_id,
        version_number,
        step_number,
        first_date,
        last_date,
        -- The day before the next step, or the agreement's last.
        coalesce(
            lead(first_date) over agreement_steps - 1, last_date
        ) as last_served_date,
        lead(first_date) over agreement_steps is null as is_last_step,
        total_cents,
        left_cents

    from steps

    window agreement_steps as (
        partition by agreement_id, version_number
        order by step_number
    )

)

select * from final
