-- Row versions, not months: bills and counts pick the version that is theirs.
with

source as (

    select * from {{ source('billing', 'subscriptions') }}
    where {{ is_known_row() }}

),

final as (

    select
        ---------- ids
        _system as system_name,
        line_id,
        account_id,
        ---------- dates
        opened_date,
        closed_date,
        {{ version_dates('_system, line_id') }},
        ---------- landing
        _first_load_id

    from source

)

select * from final
