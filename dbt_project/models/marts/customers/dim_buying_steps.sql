with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

buying_steps as (

    select * from {{ ref('stg_crm__buying_steps') }}

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
        buying_steps.system_name,
        buying_steps.step_id,
        attributed.group_account_id,
        buying_steps.account_id as account_id_crm,
        buying_steps.step_order,
        buying_steps.step_name,
        buying_steps.department,
        buying_steps.person_id,
        buying_steps.attitude_grade,
        buying_steps.buying_factor,
        buying_steps.recorded_date

    from months

    inner join buying_steps
        on
            months.month_end_date >= buying_steps.recorded_date
            and coalesce(months.month_end_date < buying_steps.ended_date, true)

    left join records
        on {{ refers_to('buying_steps', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
