-- A planned visit is kept by the first visit of that manager to the account since the
-- plan was made.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

plans as (

    select * from {{ ref('stg_crm__customer_plans') }}

),

visits as (

    select * from {{ ref('stg_crm__visits') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

-- A number that nobody knows is one of its system alone.
plans_addressed as (

    select
        plans.*,
        records.group_account_id,
        coalesce(
            records.group_account_id,
            'CRM ' || plans.system_name || ' ' || plans.account_id
        ) as account_key

    from plans

    left join records
        on {{ refers_to('plans', 'records', 'account_id') }}

),

visits_addressed as (

    select
        visits.manager_id,
        visits.visited_date,
        coalesce(
            records.group_account_id,
            'CRM ' || visits.system_name || ' ' || visits.account_id
        ) as account_key

    from visits

    left join records
        on {{ refers_to('visits', 'records', 'account_id') }}

),

visited as (

    select
        plans.system_name,
        plans.plan_id,
        min(visits.visited_date) as visited_date

    from plans_addressed as plans

    inner join visits_addressed as visits
        on
            plans.account_key = visits.account_key
            and plans.manager_id = visits.manager_id
            and plans.recorded_date <= visits.visited_date

    group by plans.system_name, plans.plan_id

),

known as (

    select
        months.month,
        months.month_end_date,
        plans.*,
        case
            when plans.closed_date <= months.month_end_date then plans.closed_date
        end as known_closed_date,
        case
            when visited.visited_date <= months.month_end_date then visited.visited_date
        end as visited_date

    from months

    inner join plans_addressed as plans
        on
            months.month_end_date >= plans.recorded_date
            and coalesce(months.month <= plans.closed_date, true)

    left join visited
        on
            plans.system_name = visited.system_name
            and plans.plan_id = visited.plan_id

),

final as (

    select
        known.month,
        known.system_name,
        known.plan_id,
        attributed.group_account_id,
        known.account_id as account_id_crm,
        known.manager_id,
        known.helper_ids,
        known.product_code,
        known.goal,
        known.recorded_date,
        known.due_date,
        known.known_closed_date as closed_date,
        known.known_closed_date is null as is_open,
        known.known_closed_date is null
        and coalesce(known.due_date < known.month_end_date, false) as is_overdue,
        known.planned_visit_date,
        known.visited_date,
        case
            when known.planned_visit_date is null then 'none'
            when known.visited_date <= known.planned_visit_date then 'done'
            when known.visited_date is not null then 'late'
            when known.planned_visit_date < known.month_end_date then 'overdue'
            else 'planned'
        end as visit_status

    from known

    inner join attributed
        on
            known.month = attributed.month
            and coalesce(known.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
