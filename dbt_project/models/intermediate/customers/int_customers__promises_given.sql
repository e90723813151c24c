-- What was promised at the last visit and is due by the month's end: of each account,
-- for whoever owns it, and of each visitor to it, for the visitor. What was promised
-- before was talked about then; a task of the account that began since, or was done
-- since, closes a promise, so that it can be ticked off. A visit that is the last both
-- to the account and of its visitor is one row for both.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

visits as (

    select * from {{ ref('stg_crm__visits') }}

),

care as (

    select * from {{ ref('int_customers__care_noted') }}
    where care_kind in ('task', 'process')

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

handover_rules as (

    select * from {{ ref('handover_rules') }}

),

tasks as (

    select
        care.from_date,
        care.to_date,
        coalesce(
            records.group_account_id,
            'CRM ' || care.system_name || ' ' || care.account_id
        ) as account_key

    from care

    left join records
        on {{ refers_to('care', 'records', 'account_id') }}

),

-- What names nobody known stands for itself, in its system.
keyed as (

    select
        visits.*,
        records.group_account_id,
        coalesce(
            records.group_account_id,
            'CRM ' || visits.system_name || ' ' || visits.account_id
        ) as account_key

    from visits

    left join records
        on {{ refers_to('visits', 'records', 'account_id') }}

),

-- When a visit's promise was kept says nothing of months; held against each month's
-- promises, of which Postgres expects one, the tasks would be read as often as there
-- are last_visits.
closed as (

    select
        keyed.system_name,
        keyed.visit_id,
        min(
            least(
                case
                    when tasks.from_date >= keyed.visited_date then tasks.from_date
                end,
                case when tasks.to_date > keyed.visited_date then tasks.to_date end
            )
        ) as closed_date

    from keyed

    inner join tasks on keyed.account_key = tasks.account_key

    where keyed.next_step is not null

    group by keyed.system_name, keyed.visit_id

),

sided as (

    select
        keyed.*,
        closed.closed_date,
        sides.is_for_owner,
        sides.manager_id_charged

    from keyed

    left join closed
        on
            keyed.system_name = closed.system_name
            and keyed.visit_id = closed.visit_id

    cross join
        lateral (
            values (true, null), (false, keyed.manager_id)
        ) as sides (is_for_owner, manager_id_charged)

    where
        (sides.is_for_owner and keyed.group_account_id is not null)
        or sides.manager_id_charged is not null

),

-- The last visits of each month are found before months multiply them. Of visits of one
-- day the greatest number is the last.
addressed as (

    select
        sided.*,
        row_number() over (
            partition by account_key, is_for_owner, manager_id_charged, visit_month
            order by visited_date desc, visit_id desc, system_name asc
        ) as turn_of_month

    from sided

),

last_visits as (

    select
        months.month,
        months.month_end_date,
        addressed.*,
        row_number() over (
            partition by
                months.month,
                addressed.account_key,
                addressed.is_for_owner,
                addressed.manager_id_charged
            order by addressed.visit_month desc
        ) as turn

    from months

    inner join handover_rules
        on {{ is_rule_in_force('handover_rules', 'months.month') }}

    inner join addressed
        on
            months.month >= addressed.visit_month
            and {{ month_number('months.month') }}
            < {{ month_number('addressed.visit_month') }}
            + handover_rules.visit_history_months

    where addressed.turn_of_month = 1

),

final as (

    select
        month,
        group_account_id,
        account_id as account_id_crm,
        bool_or(is_for_owner) as is_for_owner,
        max(manager_id_charged) as manager_id_charged,
        'promise' as matter_kind,
        system_name,
        visit_id as matter_id,
        visited_date as noted_date,
        next_step_date as due_date,
        null::numeric as amount,
        next_step as matter_text,
        null::integer as satisfaction_points,
        null::integer as days_since_visit

    from last_visits

    where
        turn = 1
        and next_step is not null
        and coalesce(next_step_date <= month_end_date, true)
        and coalesce(closed_date > month_end_date, true)

    group by
        month,
        group_account_id,
        account_id,
        system_name,
        visit_id,
        visited_date,
        next_step_date,
        next_step

)

select * from final
