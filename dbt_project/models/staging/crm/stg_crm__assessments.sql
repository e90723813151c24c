with

source as (

    select * from {{ source('crm', 'assessments') }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        assessment_id,
        account_id,
        prospect_id,
        assessed_by,
        ---------- text
        item,
        reason,
        ---------- numerics
        points,
        ---------- dates
        assessed_date,
        expires_date

    from source

    where {{ is_current_row() }}

)

select * from final
