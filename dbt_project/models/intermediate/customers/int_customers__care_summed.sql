-- One row per reported month and account for which anything was done, said or noted by
-- the month's end: what of it is open, and how content the account is.
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

begun as (

    select
        months.month,
        coalesce(records.group_account_id, 'unidentified-unknown')
            as group_account_id,
        care.care_kind,
        care.care_id,
        care.from_date,
        care.satisfaction_points,
        months.month <= care.from_date as is_new,
        coalesce(months.month_end_date < care.to_date, true) as is_open,
        coalesce(months.month_end_date > care.due_date, false) as is_late

    from months

    inner join care
        on months.month_end_date >= care.from_date

    left join records
        on {{ refers_to('care', 'records', 'account_id') }}

),

final as (

    select
        month,
        group_account_id,
        count(*) filter (where care_kind = 'task' and is_open)::integer as open_tasks,
        count(*) filter (where care_kind = 'process' and is_open)::integer
            as open_processes,
        count(*) filter (
            where care_kind in ('task', 'process') and is_open and is_late
        )::integer as overdue_tasks,
        count(*) filter (where care_kind = 'complaint' and is_new)::integer
            as complaints,
        count(*) filter (where care_kind = 'complaint' and is_open)::integer
            as open_complaints,
        count(*) filter (where care_kind = 'praise' and is_new)::integer as praises,
        count(*) filter (where care_kind = 'survey' and is_open)::integer
            as open_follow_ups,
        (
            array_agg(satisfaction_points order by from_date desc, care_id desc)
            filter (where care_kind = 'survey')
        )[1] as satisfaction_points,
        max(from_date) filter (where care_kind = 'survey') as last_surveyed_date,
        count(*) filter (where care_kind = 'need' and is_open)::integer as needs,
        count(*) filter (where care_kind = 'resource' and is_open)::integer
            as needed_resources,
        count(*) filter (where care_kind = 'difficulty' and is_open)::integer
            as difficulties,
        count(*) filter (where care_kind = 'solution')::integer as solutions_used

    from begun

    group by month, group_account_id

)

select * from final
