-- One row per task, praise, complaint, suggestion, survey, need and use of a solution:
-- when it began, until when it is open, who is in charge and what it says.
with

tasks as (

    select * from {{ ref('stg_crm__tasks') }}

),

feedback as (

    select * from {{ ref('stg_crm__feedback') }}

),

surveys as (

    select * from {{ ref('stg_crm__surveys') }}

),

needs as (

    select * from {{ ref('stg_crm__account_needs') }}

),

solution_uses as (

    select * from {{ ref('stg_crm__solution_uses') }}

),

final as (

    select
        system_name,
        account_id,
        task_kind as care_kind,
        task_id as care_id,
        opened_date as from_date,
        closed_date as to_date,
        due_date,
        null::integer as satisfaction_points,
        manager_id,
        task_name as care_text

    from tasks

    union all

    select
        system_name,
        account_id,
        feedback_kind as care_kind,
        feedback_id as care_id,
        received_date as from_date,
        resolved_date as to_date,
        null as due_date,
        null as satisfaction_points,
        null as manager_id,
        topic as care_text

    from feedback

    union all

    -- Where nothing is to be improved, a survey is over on its day.
    select
        system_name,
        account_id,
        'survey' as care_kind,
        survey_id as care_id,
        surveyed_date as from_date,
        case
            when follow_up is null then surveyed_date else follow_up_date
        end as to_date,
        follow_up_due_date as due_date,
        satisfaction_points,
        null as manager_id,
        follow_up as care_text

    from surveys

    union all

    select
        system_name,
        account_id,
        need_kind as care_kind,
        need_id as care_id,
        recorded_date as from_date,
        closed_date as to_date,
        null as due_date,
        null as satisfaction_points,
        null as manager_id,
        null as care_text

    from needs

    union all

    select
        system_name,
        account_id,
        'solution' as care_kind,
        solution_id as care_id,
        used_date as from_date,
        used_date as to_date,
        null as due_date,
        null as satisfaction_points,
        null as manager_id,
        null as care_text

    from solution_uses

)

select * from final
