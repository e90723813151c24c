-- Active accounts of a reported month that are to be visited (of the first tiers or
-- bound by an agreement, and not visited within the days of the rule), and those whose
-- decider's attitude is negative.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account' and is_active

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

handover_rules as (

    select * from {{ ref('handover_rules') }}

),

service as (

    select * from {{ ref('int_customers__service_joined') }}

),

business as (

    select * from {{ ref('int_customers__business_joined') }}

),

relations as (

    select * from {{ ref('int_customers__relations_summed') }}

),

grades as (

    select * from {{ ref('int_scoring__grades_collected') }}

),

judged as (

    select
        accounts.month,
        accounts.group_account_id,
        months.month_end_date - service.last_visited_date as days_since_visit,
        (grades.is_top_tier is true or business.open_agreement_amount > 0)
        and coalesce(
            months.month_end_date - service.last_visited_date
            > handover_rules.unvisited_days,
            true
        ) as is_to_be_visited,
        relations.decider_attitude_grade < 0 as is_to_be_won_back

    from accounts

    inner join months
        on accounts.month = months.month

    inner join handover_rules
        on {{ is_rule_in_force('handover_rules', 'accounts.month') }}

    inner join service
        on
            accounts.month = service.month
            and accounts.group_account_id = service.group_account_id

    inner join business
        on
            accounts.month = business.month
            and accounts.group_account_id = business.group_account_id

    left join relations
        on
            accounts.month = relations.month
            and accounts.group_account_id = relations.group_account_id

    left join grades
        on
            accounts.month = grades.month
            and accounts.group_account_id = grades.group_account_id

),

final as (

    select
        judged.month,
        judged.group_account_id,
        null as account_id_crm,
        true as is_for_owner,
        null as manager_id_charged,
        kinds.matter_kind,
        'jinta' as system_name,
        judged.group_account_id as matter_id,
        null::date as noted_date,
        null::date as due_date,
        null::numeric as amount,
        null as matter_text,
        null::integer as satisfaction_points,
        case kinds.matter_kind when 'visit' then judged.days_since_visit end
            as days_since_visit

    from judged

    cross join
        lateral (
            values
            ('visit', judged.is_to_be_visited),
            ('attitude', judged.is_to_be_won_back)
        ) as kinds (matter_kind, is_pressing)

    where kinds.is_pressing

)

select * from final
