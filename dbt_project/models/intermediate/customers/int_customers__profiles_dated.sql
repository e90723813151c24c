-- One row per reported month and account with a profile: the latest one by the month's
-- end among its records. Two of a day are told apart by system and record.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

profiles as (

    select * from {{ ref('stg_crm__account_profiles') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

ranked as (

    select
        months.month,
        records.group_account_id,
        profiles.credit_grade,
        profiles.joining_channel,
        profiles.payment_method,
        profiles.main_business,
        profiles.business_region,
        profiles.website,
        profiles.postal_code,
        row_number() over (
            partition by months.month, records.group_account_id
            order by
                profiles.recorded_date desc,
                profiles.system_name asc,
                profiles.account_id asc
        ) as row_number

    from months

    inner join profiles
        on months.month_end_date >= profiles.recorded_date

    inner join records
        on {{ refers_to('profiles', 'records', 'account_id') }}

),

final as (

    select
        month,
        group_account_id,
        credit_grade,
        joining_channel,
        payment_method,
        main_business,
        business_region,
        website,
        postal_code

    from ranked

    where row_number = 1

)

select * from final
