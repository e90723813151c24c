with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

profiles as (

    select * from {{ ref('int_customers__profiles_dated') }}

),

relations as (

    select * from {{ ref('int_customers__relations_summed') }}

),

service as (

    select * from {{ ref('int_customers__service_joined') }}

),

business as (

    select * from {{ ref('int_customers__business_joined') }}

),

grades as (

    select * from {{ ref('int_scoring__grades_collected') }}

),

final as (

    select
        ---------- basics
        accounts.month,
        accounts.group_account_id,
        accounts.account_name,
        accounts.branch_id,
        accounts.county_name,
        accounts.initial_class,
        accounts.industry,
        accounts.ownership,
        accounts.employees,
        accounts.signed_date,
        accounts.created_date,
        accounts.parent_group_account_id,
        accounts.is_active,
        accounts.is_identified,
        {%- for column in [
            'credit_grade', 'joining_channel', 'payment_method', 'main_business',
            'business_region', 'website', 'postal_code'
        ] %}
        profiles.{{ column }},
        {%- endfor %}
        ---------- value
        grades.effective_tier,
        coalesce(grades.is_top_tier, false) as is_top_tier,
        grades.total_score,
        grades.value_rank,
        grades.population,
        grades.completeness_pct,
        grades.tiers,
        ---------- people and competitors
        {%- for column in [
            'key_persons', 'deciders', 'buying_steps', 'account_branches',
            'competitor_products', 'competitor_amount'
        ] %}
        coalesce(relations.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        relations.top_influence_grade,
        relations.decider_attitude_grade,
        relations.worst_step_attitude_grade,
        relations.competitor_contract_end_date,
        ---------- service
        accounts.manager_id,
        {%- for column in [
            'manager_kind', 'is_manager_in_post', 'visits', 'last_visited_date',
            'next_step', 'open_tasks', 'open_processes', 'overdue_tasks', 'complaints',
            'open_complaints', 'praises', 'open_follow_ups', 'satisfaction_points',
            'last_surveyed_date', 'needs', 'solutions_used'
        ] %}
        service.{{ column }},
        {%- endfor %}
        months.month_end_date - service.last_visited_date as days_since_visit,
        ---------- business
        {%- for column in [
            'total_amount', 'total_amount_3m', 'unified_payment_amount',
            'member_bill_amount', 'informatization_amount', 'member_lines',
            'vnet_users', 'informatization_products', 'leased_lines',
            'off_net_rate_pct', 'open_agreement_amount', 'expected_amount_12m',
            'open_opportunities', 'open_opportunity_amount',
            'weighted_opportunity_amount', 'average_arrears_amount',
            'average_arrears_rate_pct', 'collection_cycle_days'
        ] %}
        business.{{ column }},
        {%- endfor %}
        business.service_cost_amount

    from accounts

    inner join months
        on accounts.month = months.month

    left join profiles
        on
            accounts.month = profiles.month
            and accounts.group_account_id = profiles.group_account_id

    left join relations
        on
            accounts.month = relations.month
            and accounts.group_account_id = relations.group_account_id

    inner join service
        on
            accounts.month = service.month
            and accounts.group_account_id = service.group_account_id

    inner join business
        on
            accounts.month = business.month
            and accounts.group_account_id = business.group_account_id

    left join grades
        on
            accounts.month = grades.month
            and accounts.group_account_id = grades.group_account_id

)

select * from final
