-- An override counts for ranked accounts, and only for a tier that its version knows.
with

tiers as (

    select * from {{ ref('int_scoring__tiers_stabilised') }}

),

versions as (

    select * from {{ ref('int_scoring__versions_selected') }}

),

overrides as (

    select * from {{ ref('int_scoring__overrides_resolved') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

known_overrides as (

    select
        overrides.scorecard_id,
        overrides.month,
        overrides.group_account_id,
        overrides.override_id,
        overrides.tier,
        overrides.reason,
        overrides.approver,
        overrides.valid_to

    from overrides

    inner join versions
        on
            overrides.scorecard_id = versions.scorecard_id
            and overrides.month = versions.month

    inner join tier_rules
        on
            versions.scorecard_id = tier_rules.scorecard_id
            and versions.scorecard_version = tier_rules.version
            and overrides.tier = tier_rules.tier

),

final as (

    select
        tiers.scorecard_id,
        tiers.month,
        tiers.group_account_id,
        tiers.partition_id,
        tiers.population,
        tiers.value_rank,
        tiers.raw_tier,
        tiers.suggested_tier,
        tiers.held_band,
        tiers.months_outside,
        tiers.exit_months,
        tiers.exit_rank,
        tiers.exit_points,
        tier_rules.tier as effective_tier,
        tier_rules.tier_band,
        tier_rules.tier_code,
        known_overrides.override_id,
        known_overrides.reason as override_reason,
        known_overrides.approver as override_approver,
        known_overrides.valid_to as override_valid_to

    from tiers

    inner join versions
        on
            tiers.scorecard_id = versions.scorecard_id
            and tiers.month = versions.month

    left join known_overrides
        on
            tiers.scorecard_id = known_overrides.scorecard_id
            and tiers.month = known_overrides.month
            and tiers.group_account_id = known_overrides.group_account_id
            and tiers.population is not null

    inner join tier_rules
        on
            versions.scorecard_id = tier_rules.scorecard_id
            and versions.scorecard_version = tier_rules.version
            and coalesce(known_overrides.tier, tiers.suggested_tier) = tier_rules.tier

)

select * from final
