with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

surveys as (

    select * from {{ ref('stg_crm__surveys') }}

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
        surveys.system_name,
        surveys.survey_id,
        attributed.group_account_id,
        surveys.account_id as account_id_crm,
        surveys.surveyed_date,
        months.month <= surveys.surveyed_date as is_answered_in_month,
        surveys.satisfaction_points,
        surveys.weakest_topic,
        surveys.follow_up,
        surveys.follow_up_due_date,
        case
            when surveys.follow_up_date <= months.month_end_date
                then surveys.follow_up_date
        end as follow_up_date,
        case
            when surveys.follow_up is null then 'none'
            when surveys.follow_up_date <= months.month_end_date then 'done'
            when surveys.follow_up_due_date < months.month_end_date then 'overdue'
            else 'open'
        end as follow_up_status

    from months

    inner join surveys
        on
            months.month_end_date >= surveys.surveyed_date
            and (
                months.month <= surveys.surveyed_date
                or surveys.follow_up is not null
                and coalesce(months.month <= surveys.follow_up_date, true)
            )

    left join records
        on {{ refers_to('surveys', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
