with

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

stability_rules as (

    select * from {{ ref('stability_rules') }}

),

final as (

    select
        tier_rules.scorecard_id,
        tier_rules.version as scorecard_version,
        tier_rules.tier,
        tier_rules.tier_order,
        tier_rules.tier_band,
        tier_rules.tier_code,
        tier_rules.name_zh as tier_name_zh,
        tier_rules.share_from_pct,
        tier_rules.share_to_pct,
        tier_rules.score_from,
        tier_rules.score_to,
        tier_rules.sub_tier_rule,
        stability_rules.exit_share_pct,
        stability_rules.exit_score,
        stability_rules.exit_months,
        stability_rules.reason as exit_reason,
        tier_rules.spec_id

    from tier_rules

    left join stability_rules
        on
            tier_rules.scorecard_id = stability_rules.scorecard_id
            and tier_rules.version = stability_rules.version
            and tier_rules.tier_band = stability_rules.tier_band

)

select * from final
