-- Each ranked account against each band that has a stability rule: does its raw tier
-- enter the band, is it beyond the exit bound? Who never enters a band needs no rows.
with

tiers as (

    select * from {{ ref('int_scoring__tiers_assigned') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

versions as (

    select * from {{ ref('int_scoring__versions_selected') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

stability_rules as (

    select * from {{ ref('stability_rules') }}

),

carried as (

    select * from {{ ref('int_scoring__latches_carried') }}

),

rules as (

    select
        versions.scorecard_id,
        versions.month,
        versions.rounding,
        stability_rules.tier_band,
        stability_rules.exit_share_pct,
        (stability_rules.exit_score * 100)::integer as exit_points,
        stability_rules.exit_months::integer as exit_months,
        max(tier_rules.tier_order) as last_tier_order

    from versions

    inner join stability_rules
        on
            versions.scorecard_id = stability_rules.scorecard_id
            and versions.scorecard_version = stability_rules.version

    inner join tier_rules
        on
            stability_rules.scorecard_id = tier_rules.scorecard_id
            and stability_rules.version = tier_rules.version
            and stability_rules.tier_band = tier_rules.tier_band

    group by 1, 2, 3, 4, 5, 6, 7

),

concerned as (

    select
        tiers.scorecard_id,
        tiers.group_account_id,
        rules.tier_band

    from tiers

    inner join rules
        on
            tiers.scorecard_id = rules.scorecard_id
            and tiers.month = rules.month
            and tiers.raw_tier_order <= rules.last_tier_order

    where tiers.population is not null

    union

    select
        scorecard_id,
        group_account_id,
        tier_band

    from carried

),

bounded as (

    select
        tiers.scorecard_id,
        tiers.month,
        tiers.group_account_id,
        rules.tier_band,
        rules.last_tier_order,
        rules.exit_months,
        {{ round_count(
            'tiers.population * rules.exit_share_pct / 100', 'rules.rounding'
        ) }} as exit_rank,
        rules.exit_points,
        tiers.raw_tier_order <= rules.last_tier_order as is_entry,
        tiers.cut_rank,
        scores.total_points

    from tiers

    inner join concerned
        on
            tiers.scorecard_id = concerned.scorecard_id
            and tiers.group_account_id = concerned.group_account_id

    inner join rules
        on
            tiers.scorecard_id = rules.scorecard_id
            and tiers.month = rules.month
            and concerned.tier_band = rules.tier_band

    inner join scores
        on
            tiers.scorecard_id = scores.scorecard_id
            and tiers.month = scores.month
            and tiers.group_account_id = scores.group_account_id

    where tiers.population is not null

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        tier_band,
        last_tier_order,
        exit_months,
        exit_rank,
        exit_points,
        is_entry,
        -- A rule has one of the two bounds.
        not is_entry
        and coalesce(cut_rank > exit_rank, total_points < exit_points) as is_outside

    from bounded

)

select * from final
