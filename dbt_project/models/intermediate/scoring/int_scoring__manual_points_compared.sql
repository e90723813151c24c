-- The points that people entered against those of peers: the accounts of the same class
-- that other managers hold. What a manager gives does not move the mean he is held to.
with

points as (

    select * from {{ ref('int_scoring__manual_points_summed') }}

),

classes as (

    select
        scorecard_id,
        month,
        peer_class,
        count(*) as accounts,
        sum(manual_points) as manual_points

    from points

    group by scorecard_id, month, peer_class

),

managers as (

    select
        scorecard_id,
        month,
        peer_class,
        manager_id,
        count(*) as accounts,
        sum(manual_points) as manual_points

    from points

    where manager_id is not null

    group by scorecard_id, month, peer_class, manager_id

),

final as (

    select
        points.scorecard_id,
        points.month,
        points.group_account_id,
        points.scorecard_version,
        points.manager_id,
        points.peer_class,
        points.total_points,
        points.manual_points,
        points.most_manual_points,
        (classes.manual_points - coalesce(managers.manual_points, 0))::numeric
        / nullif(classes.accounts - coalesce(managers.accounts, 0), 0)
            as peer_points,
        points.manual_points - classes.manual_points::numeric / classes.accounts
            as class_deviation

    from points

    inner join classes
        on
            points.scorecard_id = classes.scorecard_id
            and points.month = classes.month
            and points.peer_class = classes.peer_class

    left join managers
        on
            points.scorecard_id = managers.scorecard_id
            and points.month = managers.month
            and points.peer_class = managers.peer_class
            and points.manager_id = managers.manager_id

)

select * from final
