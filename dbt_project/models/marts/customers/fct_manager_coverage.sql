-- Managers needed round up by branch; the province needs fewer than its branches.
with

key_accounts as (

    select * from {{ ref('int_scoring__key_accounts_counted') }}

),

managers as (

    select * from {{ ref('int_scoring__managers_loaded') }}

),

coverage_rules as (

    select * from {{ ref('coverage_rules') }}

),

managers_counted as (

    select
        month,
        coverage_rule_id,
        case when grouping(branch_id) = 1 then 'all' else branch_id end as branch_id,
        count(*) filter (where is_counted) as managers_in_post

    from managers

    where is_listed

    group by grouping sets (
        (month, coverage_rule_id, branch_id), (month, coverage_rule_id)
    )

),

joined as (

    select
        coalesce(key_accounts.month, managers_counted.month) as month,
        coalesce(key_accounts.coverage_rule_id, managers_counted.coverage_rule_id)
            as coverage_rule_id,
        coalesce(key_accounts.branch_id, managers_counted.branch_id) as branch_id,
        coalesce(key_accounts.key_accounts, 0) as key_accounts,
        coalesce(managers_counted.managers_in_post, 0) as managers_in_post,
        coalesce(key_accounts.accounts_without_owner, 0) as accounts_without_owner,
        coalesce(key_accounts.accounts_of_unknown, 0) as accounts_of_unknown,
        coalesce(key_accounts.accounts_of_absent, 0) as accounts_of_absent,
        coalesce(key_accounts.top_accounts, 0) as top_accounts,
        coalesce(key_accounts.top_accounts_served, 0) as top_accounts_served

    from key_accounts

    full outer join managers_counted
        on
            key_accounts.month = managers_counted.month
            and key_accounts.coverage_rule_id = managers_counted.coverage_rule_id
            and key_accounts.branch_id = managers_counted.branch_id

),

final as (

    select
        joined.month,
        joined.coverage_rule_id,
        joined.branch_id,
        coverage_rules.name_en as coverage_name,
        coverage_rules.name_zh as coverage_name_zh,
        joined.key_accounts,
        coverage_rules.accounts_per_manager,
        ceil(joined.key_accounts::numeric / coverage_rules.accounts_per_manager)
        ::integer as managers_needed,
        joined.managers_in_post,
        ceil(joined.key_accounts::numeric / coverage_rules.accounts_per_manager)
        ::integer - joined.managers_in_post as coverage_gap,
        joined.accounts_without_owner,
        joined.accounts_of_unknown,
        joined.accounts_of_absent,
        joined.accounts_without_owner + joined.accounts_of_unknown
        + joined.accounts_of_absent as accounts_without_owner_in_post,
        joined.top_accounts,
        joined.top_accounts_served,
        least(
            joined.top_accounts,
            joined.managers_in_post * coverage_rules.accounts_per_manager
        ) as top_accounts_servable,
        coverage_rules.version as coverage_rule_version

    from joined

    inner join coverage_rules
        on
            joined.coverage_rule_id = coverage_rules.coverage_rule_id
            and {{ is_rule_in_force('coverage_rules', 'joined.month') }}

)

select * from final
