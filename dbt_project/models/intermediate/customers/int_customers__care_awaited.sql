-- One row per reported month and what an account waits for at its end: overdue tasks
-- and processes, open complaints, improvements promised after a survey.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

care as (

    select * from {{ ref('int_customers__care_noted') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

final as (

    select
        months.month,
        records.group_account_id,
        care.account_id as account_id_crm,
        true as is_for_owner,
        care.manager_id as manager_id_charged,
        case care.care_kind when 'process' then 'task' else care.care_kind end
            as matter_kind,
        care.system_name,
        care.care_id as matter_id,
        care.from_date as noted_date,
        care.due_date,
        null::numeric as amount,
        care.care_text as matter_text,
        care.satisfaction_points,
        null::integer as days_since_visit

    from months

    inner join care
        on
            months.month_end_date >= care.from_date
            and coalesce(months.month_end_date < care.to_date, true)

    left join records
        on {{ refers_to('care', 'records', 'account_id') }}

    where
        care.care_kind in ('complaint', 'survey')
        or care.care_kind in ('task', 'process')
        and months.month_end_date > care.due_date

)

select * from final
