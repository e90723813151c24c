with

compared as (

    select * from {{ ref('int_scoring__manual_points_compared') }}

),

rules as (

    select * from {{ ref('subjectivity_rules') }}

),

final as (

    select
        compared.scorecard_id,
        compared.month,
        compared.group_account_id,
        compared.scorecard_version,
        rules.version as subjectivity_rule_version,
        compared.manager_id,
        compared.manual_points,
        compared.most_manual_points,
        compared.total_points,
        round(100.0 * compared.manual_points / nullif(compared.total_points, 0), 2)
            as manual_share_pct,
        coalesce(
            100.0 * compared.manual_points
            > rules.max_share_pct * compared.total_points,
            false
        ) as is_mostly_manual,
        round(compared.peer_points, 2) as peer_points,
        round(compared.manual_points - compared.peer_points, 2) as deviation_points

    from compared

    left join rules
        on {{ is_rule_in_force('rules', 'compared.month') }}

)

select * from final
