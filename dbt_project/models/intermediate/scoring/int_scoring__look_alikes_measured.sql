-- Points for each value that is more frequent among the best customers than among all
-- customers by the factor of the rule. Prospects are measured by customers, not the
-- other way round. Too few best customers tell nothing.
with

listed as (

    select * from {{ ref('int_scoring__look_alike_features_listed') }}

),

totals as (

    select
        month,
        feature,
        count(*) as accounts,
        count(*) filter (where is_best) as best_accounts

    from listed

    where account_kind = 'account'

    group by month, feature

),

counted as (

    select
        month,
        feature,
        value,
        count(*) as accounts,
        count(*) filter (where is_best) as best_accounts

    from listed

    where account_kind = 'account'

    group by month, feature, value

),

final as (

    select
        listed.month,
        listed.group_account_id,
        coalesce(
            sum(listed.points) filter (
                where totals.best_accounts >= listed.min_best_accounts
                and counted.best_accounts * totals.accounts
                >= listed.min_lift * counted.accounts * totals.best_accounts
            ),
            0
        ) as look_alike_points

    from listed

    left join totals
        on
            listed.month = totals.month
            and listed.feature = totals.feature

    left join counted
        on
            listed.month = counted.month
            and listed.feature = counted.feature
            and listed.value = counted.value

    group by listed.month, listed.group_account_id

)

select * from final
