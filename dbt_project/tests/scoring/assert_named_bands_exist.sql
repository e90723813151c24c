-- Bands that rules name are bands of their scorecard in every version that holds with
-- them, and each band of the card by which accounts are served has a service class:
-- without one they would be served like those without a score.
with

scorecards as (

    select * from {{ ref('scorecards') }}

),

tier_rules as (

    select * from {{ ref('tier_rules') }}

),

service_rules as (

    select * from {{ ref('service_rules') }}

),

service_tiers as (

    select * from {{ ref('service_tiers') }}

),

coverage_rules as (

    select * from {{ ref('coverage_rules') }}

),

owner_kinds as (

    select * from {{ ref('owner_kinds') }}

),

look_alike_rules as (

    select * from {{ ref('look_alike_rules') }}

),

net_value_rules as (

    select * from {{ ref('net_value_rules') }}

),

cost_flags as (

    select * from {{ ref('cost_flags') }}

),

named as (

    select
        service_rules.service_rule_id || ' ' || service_rules.version as named_by,
        service_rules.valid_from,
        service_rules.valid_to,
        service_tiers.scorecard_id,
        service_tiers.tier_band

    from service_rules

    inner join service_tiers
        on
            service_rules.service_rule_id = service_tiers.service_rule_id
            and service_rules.version = service_tiers.version

    union all

    select
        coverage_rules.coverage_rule_id || ' ' || coverage_rules.version as named_by,
        coverage_rules.valid_from,
        coverage_rules.valid_to,
        coverage_rules.scorecard_id,
        bands.tier_band

    from coverage_rules

    cross join
        lateral string_to_table(coverage_rules.served_tier_bands, ' ')
            as bands (tier_band)

    union all

    select
        owner_kinds.owner_kind_rule_id || ' ' || owner_kinds.version as named_by,
        greatest(owner_kinds.valid_from, coverage_rules.valid_from) as valid_from,
        least(owner_kinds.valid_to, coverage_rules.valid_to) as valid_to,
        coverage_rules.scorecard_id,
        bands.tier_band

    from owner_kinds

    inner join coverage_rules
        on
            owner_kinds.coverage_rule_id = coverage_rules.coverage_rule_id
            and owner_kinds.valid_from <= coalesce(coverage_rules.valid_to, 'infinity')
            and coverage_rules.valid_from <= coalesce(owner_kinds.valid_to, 'infinity')

    cross join
        lateral string_to_table(owner_kinds.tier_bands, ' ') as bands (tier_band)

    union all

    select
        look_alike_rule_id || ' ' || version as named_by,
        valid_from,
        valid_to,
        scorecard_id,
        tier_band

    from look_alike_rules

    union all

    select
        cost_flags.cost_flag || ' ' || cost_flags.version as named_by,
        net_value_rules.valid_from,
        net_value_rules.valid_to,
        net_value_rules.scorecard_id,
        cost_flags.tier_band

    from net_value_rules

    inner join cost_flags
        on
            net_value_rules.net_value_rule_id = cost_flags.net_value_rule_id
            and net_value_rules.version = cost_flags.version

),

bands as (

    select distinct
        scorecards.scorecard_id,
        scorecards.version,
        scorecards.valid_from,
        scorecards.valid_to,
        tier_rules.tier_band

    from scorecards

    inner join tier_rules
        on
            scorecards.scorecard_id = tier_rules.scorecard_id
            and scorecards.version = tier_rules.version

),

lacking_bands as (

    select
        named.named_by,
        scorecards.scorecard_id,
        scorecards.version,
        named.tier_band

    from named

    inner join scorecards
        on
            named.scorecard_id = scorecards.scorecard_id
            and named.valid_from <= coalesce(scorecards.valid_to, 'infinity')
            and scorecards.valid_from <= coalesce(named.valid_to, 'infinity')

    left join bands
        on
            scorecards.scorecard_id = bands.scorecard_id
            and scorecards.version = bands.version
            and named.tier_band = bands.tier_band

    where bands.tier_band is null

),

lacking_classes as (

    select
        service_rules.service_rule_id || ' ' || service_rules.version as named_by,
        bands.scorecard_id,
        bands.version,
        bands.tier_band

    from service_rules

    inner join bands
        on
            service_rules.scorecard_id = bands.scorecard_id
            and service_rules.valid_from <= coalesce(bands.valid_to, 'infinity')
            and bands.valid_from <= coalesce(service_rules.valid_to, 'infinity')

    left join service_tiers
        on
            service_rules.service_rule_id = service_tiers.service_rule_id
            and service_rules.version = service_tiers.version
            and bands.scorecard_id = service_tiers.scorecard_id
            and bands.tier_band = service_tiers.tier_band

    -- Who isn't ranked is in no band; the rule says how they are served.
    where service_tiers.service_class is null and bands.tier_band <> 'other'

)

select
    'no such band' as problem,
    *

from lacking_bands

union all

select
    'no service class' as problem,
    *

from lacking_classes
