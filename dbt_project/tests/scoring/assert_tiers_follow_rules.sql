-- Every account of the population has the rank that the order gives it and the tier
-- whose ranks, scores and sub-tier rule hold for it; all others have the tier without
-- any. Only a recorded override moves an account (S0-19 to S0-26). Population, ranks
-- and cut-offs are counted anew, from the accounts and the rule rows.
with

accounts as (

    select * from {{ ref('dim_group_accounts') }}

),

indicators as (

    select * from {{ ref('fct_account_indicators') }}

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

overrides as (

    select * from {{ ref('stg_jinta__tier_overrides') }}

),

keyed as (

    select
        versions.*,
        accounts.group_account_id,
        scores.x_points,
        scores.y_points,
        scores.total_points,
        case versions.partition_by
            when 'branch' then accounts.branch_id
            when 'county'
                then accounts.branch_id || '/' || coalesce(accounts.county_name, '')
            when 'all' then 'all'
        end as partition_id,
        {%- for place in range(1, 5) %}
        case versions.rank_order[{{ place }}]
            when 'total' then scores.total_points
            when 'x' then scores.x_points
            when 'y' then scores.y_points
            when 'z' then scores.z_points
            when 'w' then scores.w_points
            when 'amount' then indicators.total_amount
            when 'amount_3m' then indicators.total_amount_3m
        end as rank_key_{{ place }},
        {%- endfor %}
        accounts.is_active
        and accounts.is_identified
        and (versions.population = 'active_identified' or not scores.is_provisional)
            as is_ranked

    from accounts

    inner join versions
        on
            accounts.month = versions.month
            and accounts.account_kind = versions.subject

    left join scores
        on
            versions.scorecard_id = scores.scorecard_id
            and accounts.month = scores.month
            and accounts.group_account_id = scores.group_account_id

    left join indicators
        on
            accounts.month = indicators.month
            and accounts.group_account_id = indicators.group_account_id

),

ranked as (

    select
        keyed.*,
        count(*) over (
            partition by scorecard_id, month, partition_id
        ) as accounts_ranked,
        row_number() over (
            partition by scorecard_id, month, partition_id
            order by
                rank_key_1 desc nulls last,
                rank_key_2 desc nulls last,
                rank_key_3 desc nulls last,
                rank_key_4 desc nulls last,
                group_account_id asc
        ) as place,
        rank() over (
            partition by scorecard_id, month, partition_id
            order by rank_key_1 desc nulls last
        ) as shared_place

    from keyed

    where is_ranked

),

expected as (

    select
        keyed.scorecard_id,
        keyed.month,
        keyed.group_account_id,
        ranked.partition_id,
        ranked.accounts_ranked,
        ranked.place,
        tier_rules.tier

    from keyed

    left join ranked
        on
            keyed.scorecard_id = ranked.scorecard_id
            and keyed.month = ranked.month
            and keyed.group_account_id = ranked.group_account_id

    left join tier_rules
        on
            keyed.scorecard_id = tier_rules.scorecard_id
            and keyed.scorecard_version = tier_rules.version
            and case
                when
                    coalesce(
                        tier_rules.share_to_pct,
                        tier_rules.score_from,
                        tier_rules.score_to
                    ) is null
                    then ranked.place is null
                when keyed.cut_off_basis = 'score'
                    then
                        ranked.place is not null
                        and keyed.total_points
                        >= coalesce(tier_rules.score_from * 100, 0)
                        and coalesce(
                            keyed.total_points < tier_rules.score_to * 100, true
                        )
                else
                    case keyed.ties
                        when 'include' then ranked.shared_place
                        else ranked.place
                    end
                    between 1 + {{ round_count(
                        'ranked.accounts_ranked * tier_rules.share_from_pct / 100',
                        'keyed.rounding'
                    ) }}
                    and {{ round_count(
                        'ranked.accounts_ranked * tier_rules.share_to_pct / 100',
                        'keyed.rounding'
                    ) }}
            end
            and case tier_rules.sub_tier_rule
                when 'x_ge_y' then keyed.x_points >= keyed.y_points
                when 'x_lt_y' then keyed.x_points < keyed.y_points
                else true
            end

)

select
    expected.scorecard_id,
    expected.month,
    expected.group_account_id,
    expected.place,
    scores.value_rank,
    expected.accounts_ranked,
    scores.population,
    expected.tier,
    scores.raw_tier,
    scores.suggested_tier,
    scores.effective_tier,
    scores.tier_code,
    scores.override_id

from expected

left join scores
    on
        expected.scorecard_id = scores.scorecard_id
        and expected.month = scores.month
        and expected.group_account_id = scores.group_account_id

left join overrides
    on scores.override_id = overrides.override_id

left join tier_rules
    on
        scores.scorecard_id = tier_rules.scorecard_id
        and scores.scorecard_version = tier_rules.version
        and scores.effective_tier = tier_rules.tier

where
    scores.partition_id is distinct from expected.partition_id
    or scores.population is distinct from expected.accounts_ranked
    or scores.value_rank is distinct from expected.place
    or scores.raw_tier is distinct from expected.tier
    or scores.effective_tier
    is distinct from coalesce(overrides.tier, scores.suggested_tier)
    or (scores.override_id is not null and overrides.tier is null)
    or scores.tier_code is distinct from tier_rules.tier_code
