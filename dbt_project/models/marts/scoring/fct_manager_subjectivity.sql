-- A mean of n accounts strays by the deviation of one, divided by the root of n.
with

compared as (

    select * from {{ ref('int_scoring__manual_points_compared') }}

),

rules as (

    select * from {{ ref('subjectivity_rules') }}

),

spreads as (

    select
        scorecard_id,
        month,
        sqrt(avg(class_deviation * class_deviation)) as deviation_of_one

    from compared

    group by scorecard_id, month

),

managers as (

    select
        scorecard_id,
        month,
        manager_id,
        count(*) as accounts,
        count(peer_points) as compared_accounts,
        sum(manual_points) as manual_points,
        sum(total_points) as total_points,
        min(manual_points) as least_manual_points,
        max(manual_points) as most_manual_points,
        stddev_pop(manual_points::numeric) as spread_points,
        avg(manual_points - peer_points) as deviation_points

    from compared

    where manager_id is not null

    group by scorecard_id, month, manager_id

),

measured as (

    select
        managers.scorecard_id,
        managers.month,
        managers.manager_id,
        rules.version as subjectivity_rule_version,
        rules.min_accounts,
        rules.outlier_deviations,
        managers.accounts,
        managers.compared_accounts,
        managers.manual_points,
        managers.total_points,
        managers.least_manual_points,
        managers.most_manual_points,
        managers.spread_points,
        managers.deviation_points,
        managers.deviation_points * sqrt(managers.compared_accounts::numeric)
        / nullif(spreads.deviation_of_one, 0) as standard_errors

    from managers

    inner join spreads
        on
            managers.scorecard_id = spreads.scorecard_id
            and managers.month = spreads.month

    left join rules
        on {{ is_rule_in_force('rules', 'managers.month') }}

),

final as (

    select
        scorecard_id,
        month,
        manager_id,
        subjectivity_rule_version,
        accounts,
        manual_points,
        total_points,
        round(100.0 * manual_points / nullif(total_points, 0), 2) as manual_share_pct,
        round(manual_points::numeric / accounts, 2) as mean_manual_points,
        least_manual_points,
        most_manual_points,
        round(spread_points, 2) as spread_points,
        round(deviation_points, 2) as deviation_points,
        round(standard_errors, 2) as standard_errors,
        coalesce(
            compared_accounts >= min_accounts
            and abs(standard_errors) >= outlier_deviations,
            false
        ) as is_outlier

    from measured

)

select * from final
