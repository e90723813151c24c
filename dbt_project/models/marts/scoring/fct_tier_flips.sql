{{ config(materialized='view') }}

-- Accounts that changed their band from one month to the next, with and without the
-- stability rules. Reads marts only, so it compares what is published.
with

scores as (

    select * from {{ ref('fct_account_scores') }}

),

tiers as (

    select * from {{ ref('dim_scorecard_tiers') }}

),

banded as {{ computed_in_place() }} (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        scores.partition_id,
        raw_tiers.tier_band as raw_band,
        suggested_tiers.tier_band as suggested_band

    from scores

    inner join tiers as raw_tiers
        on
            scores.scorecard_id = raw_tiers.scorecard_id
            and scores.scorecard_version = raw_tiers.scorecard_version
            and scores.raw_tier = raw_tiers.tier

    inner join tiers as suggested_tiers
        on
            scores.scorecard_id = suggested_tiers.scorecard_id
            and scores.scorecard_version = suggested_tiers.scorecard_version
            and scores.suggested_tier = suggested_tiers.tier

    where scores.value_rank is not null

),

counted as (

    select
        banded.scorecard_id,
        banded.month,
        banded.partition_id,
        count(*) as accounts,
        count(*) filter (where banded.raw_band <> earlier.raw_band) as raw_flips,
        count(*) filter (where banded.suggested_band <> earlier.suggested_band)
            as suggested_flips

    from banded

    inner join banded as earlier
        on
            banded.scorecard_id = earlier.scorecard_id
            and banded.group_account_id = earlier.group_account_id
            and (banded.month - interval '1 month')::date = earlier.month

    group by
        banded.scorecard_id,
        banded.month,
        banded.partition_id

),

final as (

    select
        scorecard_id,
        month,
        partition_id,
        accounts,
        raw_flips,
        suggested_flips,
        round(1000.0 * raw_flips / accounts, 2) as raw_flips_per_1000,
        round(1000.0 * suggested_flips / accounts, 2) as suggested_flips_per_1000

    from counted

)

select * from final
