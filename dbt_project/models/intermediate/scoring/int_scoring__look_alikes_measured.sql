-- Points for each value that is frequent among the best customers, and which these are.
-- Prospects are measured by customers, not the other way round.
with

listed as (

    select * from {{ ref('int_scoring__look_alike_features_listed') }}

),

counted as (

    select * from {{ ref('int_scoring__look_alike_values_counted') }}
    where counts_in

),

final as (

    select
        listed.month,
        listed.group_account_id,
        coalesce(sum(counted.points), 0) as look_alike_points,
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'feature', counted.feature,
                    'name', listed.name_en,
                    'name_zh', listed.name_zh,
                    'value', counted.value,
                    'points', trim_scale(counted.points)
                )
                order by counted.points desc, counted.feature asc
            ) filter (where counted.feature is not null),
            '[]'
        ) as look_alike_features

    from listed

    left join counted
        on
            listed.month = counted.month
            and listed.feature = counted.feature
            and listed.value = counted.value

    group by listed.month, listed.group_account_id

)

select * from final
