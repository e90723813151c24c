-- Who stands on the blacklist at the end of the month, by any of its records.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

blacklist as (

    select * from {{ ref('stg_crm__blacklist') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

final as (

    select
        months.month,
        records.group_account_id,
        min(blacklist.listed_date) as listed_date

    from blacklist

    inner join months
        on
            blacklist.listed_date <= months.month_end_date
            and coalesce(blacklist.delisted_date > months.month_end_date, true)

    inner join records
        on {{ refers_to('blacklist', 'records', 'account_id') }}

    group by months.month, records.group_account_id

)

select * from final
