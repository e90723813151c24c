with

source as (

    select * from {{ source('crm', 'agreement_changes') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        change_id,
        agreement_id,
        ---------- text
        change_kind,
        reason,
        ---------- dates
        changed_date,
        effective_date,
        ends_date,
        ---------- numerics
        amount

    from source

    where {{ is_current_row() }}

)

select * from final
