-- Driver volumes of the month by activity and account; an account that nobody knows is
-- unidentified, its service cost money all the same (S2-10).
with

volumes as (

    select * from {{ ref('stg_finance__activity_volumes') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        attributed.month,
        attributed.group_account_id,
        volumes.activity_code,
        sum(volumes.driver_volume) as driver_volume

    from volumes

    left join records
        on {{ refers_to('volumes', 'records', 'account_id') }}

    inner join attributed
        on
            volumes.volume_month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

    where volumes.driver_volume > 0

    group by attributed.month, attributed.group_account_id, volumes.activity_code

)

select * from final
