-- Every stored score is the sum of its stored points, with no tolerance (S0-17,
-- S0-18, S4-03, F68).
with

scores as (

    select * from {{ ref('fct_account_scores') }}

),

sums as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        scores.total_points,
        scores.x_points,
        scores.y_points,
        scores.z_points,
        scores.w_points,
        scores.total_score,
        (
            select sum(parts.points)
            from unnest(scores.points) as parts (points)
        ) as points_sum

    from scores

)

select
    scorecard_id,
    month,
    group_account_id,
    total_points,
    points_sum,
    x_points,
    y_points,
    z_points,
    w_points,
    total_score

from sums

where
    total_points <> points_sum
    or total_points <> x_points + y_points + z_points + w_points
    or total_points <> total_score * 100
    or total_points not between 0 and 10000
