-- The changes that a version of an agreement knows, in the order in which they take
-- effect; of the same day, the one agreed last comes last and holds. An early end calls
-- off what was agreed before it for its own day or a later one: nothing is left to
-- change (S4-09).
with

agreement_changes as (

    select * from {{ ref('stg_crm__agreement_changes') }}

),

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

known_changes as (

    select
        versions.agreement_id,
        versions.version_number,
        agreement_changes.change_id,
        agreement_changes.change_kind,
        agreement_changes.changed_date,
        agreement_changes.effective_date,
        agreement_changes.ends_date,
        agreement_changes.amount,
        min(agreement_changes.effective_date) filter (
            where agreement_changes.change_kind = 'early_end'
        ) over (
            partition by versions.agreement_id, versions.version_number
            order by agreement_changes.changed_date, agreement_changes.change_id
            rows between 1 following and unbounded following
        ) as called_off_from_date

    from versions

    inner join agreement_changes
        on
            versions.agreement_id = agreement_changes.agreement_id
            and versions.known_from_date >= agreement_changes.changed_date

),

final as (

    select
        agreement_id,
        version_number,
        row_number() over (
            partition by agreement_id, version_number
            order by effective_date, changed_date, change_id
        ) as step_number,
        change_id,
        change_kind,
        effective_date,
        ends_date,
        amount

    from known_changes

    where coalesce(effective_date < called_off_from_date, true)

)

select * from final
