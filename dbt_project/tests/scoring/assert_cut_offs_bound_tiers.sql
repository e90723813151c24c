-- Guards what `fct_tier_cut_offs` says a tier took: nobody in its band has fewer points
-- than the bar, and the last rank is that of the last account in it.
with

cut_offs as (

    select * from {{ ref('fct_tier_cut_offs') }}

),

scores as (

    select * from {{ ref('fct_account_scores') }}

),

reached as (

    select
        cut_offs.scorecard_id,
        cut_offs.month,
        cut_offs.partition_id,
        cut_offs.tier_band,
        max(cut_offs.points_needed) as points_needed,
        max(cut_offs.last_rank) as last_rank,
        min(scores.total_points) as lowest_points,
        max(scores.value_rank) as latest_rank

    from cut_offs

    left join scores
        on
            cut_offs.scorecard_id = scores.scorecard_id
            and cut_offs.month = scores.month
            and cut_offs.partition_id = scores.partition_id
            and cut_offs.tier = scores.raw_tier

    group by
        cut_offs.scorecard_id,
        cut_offs.month,
        cut_offs.partition_id,
        cut_offs.tier_band

),

final as (

    select *

    from reached

    where
        lowest_points < points_needed
        or last_rank is distinct from latest_rank

)

select * from final
