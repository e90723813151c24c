-- Use of a service by the reported month and the months before it that it is compared
-- with. An account that is not there yet at the end of the month is nobody's.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

usages as (

    select * from {{ ref('stg_billing__service_usages') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        months.month,
        attributed.group_account_id,
        usages.service_code,
        usages.usage_month,
        sum(usages.quantity) as quantity,
        sum(usages.amount) as amount

    from months

    inner join usages
        on
            months.month >= usages.usage_month
            and months.month
            < usages.usage_month + make_interval(months => {{ window_months() }})

    left join records
        on {{ refers_to('usages', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

    group by 1, 2, 3, 4

)

select * from final
