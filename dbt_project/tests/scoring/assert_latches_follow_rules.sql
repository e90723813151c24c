-- Month by month, an account holds a band if its raw tier enters it, or if it held it
-- in the month before and has not been beyond the exit bound for too long. So whoever
-- is held was in the band before (F34). One step at a time, where the models look at
-- all months at once.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_assigned') }}

),

scores as (

    select * from {{ ref('fct_account_scores') }}

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

latches as (

    select * from {{ ref('fct_tier_latches') }}

),

carried as (

    select * from {{ ref('int_scoring__latches_carried') }}

),

latches_before as (

    select
        latches.scorecard_id,
        months.month,
        latches.group_account_id,
        latches.tier_band,
        latches.months_outside

    from latches

    inner join months
        on latches.month = (months.month - interval '1 month')::date

    union all

    select
        carried.scorecard_id,
        carried.month,
        carried.group_account_id,
        carried.tier_band,
        carried.months_outside

    from carried

),

-- The raw tiers of a band or of a better one.
entries as (

    select
        stability_rules.scorecard_id,
        stability_rules.version,
        stability_rules.tier_band,
        array_agg(better_tiers.tier) as tiers

    from stability_rules

    inner join tier_rules as own_tiers
        on
            stability_rules.scorecard_id = own_tiers.scorecard_id
            and stability_rules.version = own_tiers.version
            and stability_rules.tier_band = own_tiers.tier_band

    inner join tier_rules as better_tiers
        on
            own_tiers.scorecard_id = better_tiers.scorecard_id
            and own_tiers.version = better_tiers.version
            and own_tiers.tier_order >= better_tiers.tier_order

    group by 1, 2, 3

),

judged as (

    select
        tiers.scorecard_id,
        tiers.month,
        tiers.group_account_id,
        stability_rules.tier_band,
        stability_rules.exit_months,
        tiers.raw_tier,
        tiers.raw_tier = any(entries.tiers) as is_entry,
        case
            when stability_rules.exit_share_pct is null
                then scores.total_score >= stability_rules.exit_score
            else
                tiers.cut_rank <= {{ round_count(
                    'tiers.population * stability_rules.exit_share_pct / 100',
                    'versions.rounding'
                ) }}
        end as is_inside,
        latches_before.months_outside as months_outside_before

    from tiers

    inner join versions
        on
            tiers.scorecard_id = versions.scorecard_id
            and tiers.month = versions.month

    inner join scores
        on
            tiers.scorecard_id = scores.scorecard_id
            and tiers.month = scores.month
            and tiers.group_account_id = scores.group_account_id

    inner join stability_rules
        on
            versions.scorecard_id = stability_rules.scorecard_id
            and versions.scorecard_version = stability_rules.version

    inner join entries
        on
            stability_rules.scorecard_id = entries.scorecard_id
            and stability_rules.version = entries.version
            and stability_rules.tier_band = entries.tier_band

    left join latches_before
        on
            tiers.scorecard_id = latches_before.scorecard_id
            and tiers.month = latches_before.month
            and tiers.group_account_id = latches_before.group_account_id
            and stability_rules.tier_band = latches_before.tier_band

    where tiers.value_rank is not null

),

expected as (

    select
        scorecard_id,
        month,
        group_account_id,
        tier_band,
        raw_tier,
        case when is_entry or is_inside then 0 else months_outside_before + 1 end
            as months_outside

    from judged

    where
        is_entry
        or (
            months_outside_before is not null
            and (is_inside or months_outside_before + 1 < exit_months)
        )

)

select
    coalesce(expected.scorecard_id, latches.scorecard_id) as scorecard_id,
    coalesce(expected.month, latches.month) as month,
    coalesce(expected.group_account_id, latches.group_account_id) as group_account_id,
    coalesce(expected.tier_band, latches.tier_band) as tier_band,
    expected.raw_tier,
    expected.months_outside as expected_months_outside,
    latches.months_outside

from expected

full join latches
    on
        expected.scorecard_id = latches.scorecard_id
        and expected.month = latches.month
        and expected.group_account_id = latches.group_account_id
        and expected.tier_band = latches.tier_band

where expected.months_outside is distinct from latches.months_outside
