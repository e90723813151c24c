-- What is to be beaten to be in a band of tiers or a better one (F68): where ranks
-- decide, the account on the band's last place; where scores do, its least score.
with

versions as (

    select * from {{ ref('int_scoring__versions_selected') }}

),

cut_offs as (

    select * from {{ ref('int_scoring__cut_offs_computed') }}

),

ranks as (

    select * from {{ ref('int_scoring__accounts_ranked') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

rules as (

    select
        scorecard_id,
        month,
        cut_off_basis = 'rank_share' as is_cut_by_rank,
        cut_off_basis <> 'rank_share' or ties = 'include' as is_level_enough,
        case
            when cut_off_basis <> 'rank_share' then array['total']
            when ties = 'include' then rank_order[1:1]
            else rank_order
        end as rank_order

    from versions

),

-- A share of few accounts may be no place at all.
bands as (

    select
        scorecard_id,
        month,
        partition_id,
        tier_band,
        min(tier_order) as first_tier_order,
        max(tier_order) as last_tier_order,
        max(rank_to) as last_rank,
        min(points_from) as points_from

    from cut_offs

    group by scorecard_id, month, partition_id, tier_band

    having max(rank_to) >= min(rank_from)

),

last_accounts as {{ computed_once() }} (

    select
        ranks.scorecard_id,
        ranks.month,
        ranks.partition_id,
        ranks.value_rank,
        ranks.group_account_id,
        {{ rank_keys('scores', 'rules.rank_order') }} as rank_keys

    from ranks

    inner join rules
        on
            ranks.scorecard_id = rules.scorecard_id
            and ranks.month = rules.month
            and rules.is_cut_by_rank

    inner join bands
        on
            ranks.scorecard_id = bands.scorecard_id
            and ranks.month = bands.month
            and ranks.partition_id = bands.partition_id
            and ranks.value_rank = bands.last_rank

    inner join scores
        on
            ranks.scorecard_id = scores.scorecard_id
            and ranks.month = scores.month
            and ranks.group_account_id = scores.group_account_id

),

final as (

    select
        bands.scorecard_id,
        bands.month,
        bands.partition_id,
        bands.tier_band,
        bands.first_tier_order,
        bands.last_tier_order,
        rules.rank_order,
        rules.is_level_enough,
        last_accounts.group_account_id as bar_account_id,
        coalesce(
            last_accounts.rank_keys,
            array[
                bands.points_from,
                '-Infinity'::numeric,
                '-Infinity'::numeric,
                '-Infinity'::numeric
            ]
        ) as bar_keys

    from bands

    inner join rules
        on
            bands.scorecard_id = rules.scorecard_id
            and bands.month = rules.month

    left join last_accounts
        on
            bands.scorecard_id = last_accounts.scorecard_id
            and bands.month = last_accounts.month
            and bands.partition_id = last_accounts.partition_id
            and bands.last_rank = last_accounts.value_rank

)

select * from final
