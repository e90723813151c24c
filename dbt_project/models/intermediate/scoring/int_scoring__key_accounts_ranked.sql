-- One row per reported month, coverage rule and key account: its tier, and whether its
-- owner can serve it, the most valuable first: what the owner holds of all rules is one
-- load, a group a fiftieth of it, an individual a four hundredth.
with

key_accounts as (

    select * from {{ ref('int_customers__key_accounts_owned') }}

),

coverage_rules as (

    select * from {{ ref('coverage_rules') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

graded as (

    select
        key_accounts.month,
        key_accounts.coverage_rule_id,
        key_accounts.customer_id,
        key_accounts.group_account_id,
        key_accounts.branch_id,
        key_accounts.initial_class,
        key_accounts.county_name,
        key_accounts.industry,
        key_accounts.manager_id,
        key_accounts.owner_status,
        {{ whole_load() }} / coverage_rules.accounts_per_manager as load_share,
        tiers.effective_tier,
        tiers.tier_band,
        tiers.value_rank,
        coalesce(
            tiers.tier_band = any(
                string_to_array(coverage_rules.served_tier_bands, ' ')
            ),
            false
        ) as is_served_tier

    from key_accounts

    inner join coverage_rules
        on
            key_accounts.coverage_rule_id = coverage_rules.coverage_rule_id
            and {{ is_rule_in_force('coverage_rules', 'key_accounts.month') }}

    left join tiers
        on
            coverage_rules.scorecard_id = tiers.scorecard_id
            and key_accounts.month = tiers.month
            and key_accounts.group_account_id = tiers.group_account_id

),

final as (

    select
        month,
        coverage_rule_id,
        customer_id,
        group_account_id,
        branch_id,
        initial_class,
        county_name,
        industry,
        manager_id,
        owner_status,
        load_share,
        effective_tier,
        tier_band,
        value_rank,
        is_served_tier,
        -- Of several rules that of the fewest accounts goes first. Who is not ranked
        -- comes last; the customer's id ends every tie.
        sum(load_share) over (
            partition by month, manager_id
            order by
                load_share desc,
                coverage_rule_id asc,
                is_served_tier desc,
                value_rank asc nulls last,
                customer_id asc
            rows unbounded preceding
        ) <= {{ whole_load() }} as is_within_load

    from graded

)

select * from final
