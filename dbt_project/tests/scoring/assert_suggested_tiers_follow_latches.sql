-- The suggested tier is the raw tier, unless the account holds a better band: then it
-- is the last tier of that band that X and Y allow (S0-26, F34).
with

scores as (

    select * from {{ ref('fct_account_scores') }}

),

latches as (

    select * from {{ ref('fct_tier_latches') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

bands as (

    select
        scorecard_id,
        version,
        tier_band,
        min(tier_order) as first_tier_order

    from tier_rules

    group by scorecard_id, version, tier_band

),

-- Every tier of a held band that the account could have.
allowed as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        latches.tier_band,
        latches.months_outside,
        tier_rules.tier,
        row_number() over (
            partition by scores.scorecard_id, scores.month, scores.group_account_id
            order by bands.first_tier_order asc, tier_rules.tier_order desc
        ) as place

    from scores

    inner join latches
        on
            scores.scorecard_id = latches.scorecard_id
            and scores.month = latches.month
            and scores.group_account_id = latches.group_account_id

    inner join tier_rules
        on
            scores.scorecard_id = tier_rules.scorecard_id
            and scores.scorecard_version = tier_rules.version
            and latches.tier_band = tier_rules.tier_band
            and case tier_rules.sub_tier_rule
                when 'x_ge_y' then scores.x_points >= scores.y_points
                when 'x_lt_y' then scores.x_points < scores.y_points
                else true
            end

    inner join bands
        on
            tier_rules.scorecard_id = bands.scorecard_id
            and tier_rules.version = bands.version
            and tier_rules.tier_band = bands.tier_band

),

expected as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        scores.raw_tier,
        scores.suggested_tier,
        scores.held_band,
        scores.months_outside,
        allowed.tier_band as expected_band,
        allowed.months_outside as expected_months_outside,
        case
            when allowed_tiers.tier_band <> raw_tiers.tier_band
                and allowed_tiers.tier_order < raw_tiers.tier_order
                then allowed.tier
            else scores.raw_tier
        end as expected_tier

    from scores

    left join allowed
        on
            scores.scorecard_id = allowed.scorecard_id
            and scores.month = allowed.month
            and scores.group_account_id = allowed.group_account_id
            and allowed.place = 1

    left join tier_rules as allowed_tiers
        on
            scores.scorecard_id = allowed_tiers.scorecard_id
            and scores.scorecard_version = allowed_tiers.version
            and allowed.tier = allowed_tiers.tier

    left join tier_rules as raw_tiers
        on
            scores.scorecard_id = raw_tiers.scorecard_id
            and scores.scorecard_version = raw_tiers.version
            and scores.raw_tier = raw_tiers.tier

)

select
    scorecard_id,
    month,
    group_account_id,
    raw_tier,
    suggested_tier,
    expected_tier,
    held_band,
    expected_band,
    months_outside,
    expected_months_outside

from expected

where
    suggested_tier is distinct from expected_tier
    or held_band is distinct from expected_band
    or months_outside is distinct from expected_months_outside
