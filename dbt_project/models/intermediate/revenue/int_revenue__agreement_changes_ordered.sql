-- The changes that a version of an agreement knows, in the order in which they take
-- effect; of the same day, the one agreed last comes last and holds.
with

agreement_changes as (

    select * from {{ ref('stg_crm__agreement_changes') }}

),

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

final as (

    select
        versions.agreement_id,
        versions.version_number,
        row_number() over (
            partition by versions.agreement_id, versions.version_number
            order by
                agreement_changes.effective_date,
                agreement_changes.changed_date,
                agreement_changes.change_id
        ) as step_number,
        agreement_changes.change_id,
        agreement_changes.change_kind,
        agreement_changes.effective_date,
        agreement_changes.ends_date,
        agreement_changes.amount

    from versions

    inner join agreement_changes
        on
            versions.agreement_id = agreement_changes.agreement_id
            and versions.known_from_date >= agreement_changes.changed_date

)

select * from final
