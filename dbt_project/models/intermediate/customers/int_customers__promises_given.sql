-- What was promised at the last visit: of each account at the month's end, for whoever
-- owns it, and of each visitor to an account in the month, for the visitor. What was
-- promised before was talked about then.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

visits as (

    select * from {{ ref('stg_crm__visits') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

handover_rules as (

    select * from {{ ref('handover_rules') }}

),

-- The last visits of each month are found before months multiply them; what names
-- nobody known stands for itself. Of visits of one day the greatest number is the last.
addressed as (

    select
        visits.*,
        records.group_account_id,
        row_number() over (
            partition by records.group_account_id, visits.visit_month
            order by
                visits.visited_date desc, visits.visit_id desc, visits.system_name asc
        ) as turn_of_account,
        row_number() over (
            partition by
                coalesce(records.group_account_id, 'CRM ' || visits.account_id),
                visits.manager_id,
                visits.visit_month
            order by
                visits.visited_date desc, visits.visit_id desc, visits.system_name asc
        ) as turn_of_visitor

    from visits

    left join records
        on {{ refers_to('visits', 'records', 'account_id') }}

),

last_visits as (

    select
        months.month,
        addressed.*,
        true as is_for_owner,
        null as manager_id_charged,
        row_number() over (
            partition by months.month, addressed.group_account_id
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

    where
        addressed.turn_of_account = 1
        and addressed.group_account_id is not null

    union all

    select
        months.month,
        addressed.*,
        false as is_for_owner,
        addressed.manager_id as manager_id_charged,
        addressed.turn_of_visitor as turn

    from months

    inner join addressed
        on months.month = addressed.visit_month

    where addressed.manager_id is not null

),

final as (

    select
        month,
        group_account_id,
        account_id as account_id_crm,
        is_for_owner,
        manager_id_charged,
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

)

select * from final
