-- The tier by the rule alone (S0-20 to S0-26).
with

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

ranks as (

    select * from {{ ref('int_scoring__accounts_ranked') }}

),

cut_offs as (

    select * from {{ ref('int_scoring__cut_offs_computed') }}

),

placed as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        ranks.partition_id,
        ranks.population,
        ranks.value_rank,
        ranks.cut_rank,
        cut_offs.tier as raw_tier,
        cut_offs.tier_order as raw_tier_order

    from ranks

    inner join scores
        on
            ranks.scorecard_id = scores.scorecard_id
            and ranks.month = scores.month
            and ranks.group_account_id = scores.group_account_id

    inner join cut_offs
        on
            ranks.scorecard_id = cut_offs.scorecard_id
            and ranks.month = cut_offs.month
            and ranks.partition_id = cut_offs.partition_id
            and ranks.cut_rank between cut_offs.rank_from and cut_offs.rank_to
            and scores.total_points >= cut_offs.points_from
            and coalesce(scores.total_points < cut_offs.points_to, true)
            and case cut_offs.sub_tier_rule
                when 'x_ge_y' then scores.x_points >= scores.y_points
                when 'x_lt_y' then scores.x_points < scores.y_points
                else true
            end

),

final as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        placed.partition_id,
        placed.population,
        placed.value_rank,
        placed.cut_rank,
        coalesce(placed.raw_tier, 'other') as raw_tier,
        placed.raw_tier_order

    from scores

    left join placed
        on
            scores.scorecard_id = placed.scorecard_id
            and scores.month = placed.month
            and scores.group_account_id = placed.group_account_id

)

select * from final
