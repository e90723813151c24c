-- One row per reported month, coverage rule and key account in force: whose it is, and
-- whether that manager is in post.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

coverage_rules as (

    select * from {{ ref('coverage_rules') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where
        account_kind = 'account'
        and is_identified
        and is_active

),

individuals as (

    select * from {{ ref('stg_crm__individual_key_accounts') }}

),

managers as (

    select * from {{ ref('int_customers__managers_posted') }}

),

key_accounts as (

    select
        months.month,
        'group' as customer_kind,
        accounts.group_account_id as customer_id,
        accounts.group_account_id,
        accounts.branch_id,
        accounts.initial_class,
        accounts.county_name,
        accounts.industry,
        accounts.manager_id,
        coalesce(accounts.signed_date <= months.month_end_date, false) as is_signed

    from months

    inner join accounts
        on months.month = accounts.month

    union all

    select
        months.month,
        'individual' as customer_kind,
        individuals.system_name || ':' || individuals.customer_id as customer_id,
        null as group_account_id,
        individuals.branch_id,
        null as initial_class,
        null as county_name,
        null as industry,
        individuals.manager_id,
        true as is_signed

    from months

    inner join individuals
        on
            months.month_end_date >= individuals.granted_date
            and coalesce(months.month_end_date < individuals.ended_date, true)

),

final as (

    select
        key_accounts.month,
        coverage_rules.coverage_rule_id,
        key_accounts.customer_id,
        key_accounts.group_account_id,
        key_accounts.branch_id,
        key_accounts.initial_class,
        key_accounts.county_name,
        key_accounts.industry,
        key_accounts.manager_id,
        case
            when key_accounts.manager_id is null then 'none'
            when managers.manager_id is null then 'unknown'
            when managers.is_in_post then 'in_post'
            else 'left'
        end as owner_status

    from key_accounts

    inner join coverage_rules
        on
            key_accounts.customer_kind = coverage_rules.customer_kind
            and {{ is_rule_in_force('coverage_rules', 'key_accounts.month') }}
            and key_accounts.is_signed >= coalesce(
                coverage_rules.is_signed_required, false
            )

    left join managers
        on
            key_accounts.month = managers.month
            and key_accounts.manager_id = managers.manager_id

)

select * from final
