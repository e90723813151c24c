with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

feedback as (

    select * from {{ ref('stg_crm__feedback') }}

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
        feedback.system_name,
        feedback.feedback_id,
        feedback.received_date,
        attributed.group_account_id,
        feedback.account_id as account_id_crm,
        feedback.feedback_kind,
        feedback.topic,
        case
            when feedback.resolved_date <= months.month_end_date
                then feedback.resolved_date
        end as resolved_date,
        coalesce(feedback.resolved_date > months.month_end_date, true) as is_open

    from months

    inner join feedback
        on months.month = feedback.feedback_month

    left join records
        on {{ refers_to('feedback', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
