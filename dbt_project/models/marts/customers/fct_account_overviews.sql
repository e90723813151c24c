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

placed as (

    select * from {{ ref('int_customers__accounts_placed') }}

),

finances as (

    select * from {{ ref('fct_account_finances') }}
    where is_latest_year

),

account_values as (

    select * from {{ ref('fct_account_values') }}

),

credit_statuses as (

    select * from {{ ref('fct_credit_statuses') }}

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
        accounts.address,
        accounts.office_phone,
        accounts.initial_class,
        accounts.industry,
        accounts.ownership,
        accounts.employees,
        case
            when accounts.signed_date <= months.month_end_date
                then accounts.signed_date
        end as signed_date,
        accounts.created_date,
        accounts.parent_group_account_id,
        accounts.is_active,
        accounts.is_identified,
        placed.is_key_account,
        placed.segment_id,
        {%- for column in [
            'credit_grade', 'joining_channel', 'payment_method', 'main_business',
            'business_region', 'website', 'postal_code'
        ] %}
        profiles.{{ column }},
        {%- endfor %}
        ---------- its own figures
        finances.fiscal_year,
        {%- for column in [
            'annual_sales_amount', 'annual_profit_amount', 'annual_sales_growth_pct',
            'annual_profit_growth_pct'
        ] %}
        finances.{{ column }},
        {%- endfor %}
        ---------- value
        credit_statuses.credit_status,
        account_values.value_type,
        account_values.established_value_amount,
        account_values.potential_value_amount,
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
            'last_surveyed_date', 'needs', 'needed_resources', 'difficulties',
            'solutions_used'
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

    inner join placed
        on
            accounts.month = placed.month
            and accounts.group_account_id = placed.group_account_id

    left join finances
        on
            accounts.month = finances.month
            and accounts.group_account_id = finances.group_account_id

    left join account_values
        on
            accounts.month = account_values.month
            and accounts.group_account_id = account_values.group_account_id

    left join credit_statuses
        on
            accounts.month = credit_statuses.month
            and accounts.group_account_id = credit_statuses.group_account_id

    left join grades
        on
            accounts.month = grades.month
            and accounts.group_account_id = grades.group_account_id

)

select * from final
