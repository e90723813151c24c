-- How much more frequent each value of a feature is among the best customers than among
-- all customers. It counts from the factor of the rule on; too few best customers tell
-- nothing.
with

listed as (

    select * from {{ ref('int_scoring__look_alike_features_listed') }}

),

counted as (

    select
        month,
        feature,
        value,
        points,
        min_best_accounts,
        min_lift,
        count(*) as accounts,
        count(*) filter (where is_best) as best_accounts

    from listed

    where account_kind = 'account'

    group by month, feature, value, points, min_best_accounts, min_lift

),

compared as (

    select
        month,
        feature,
        value,
        points,
        min_best_accounts,
        min_lift,
        accounts,
        best_accounts,
        sum(accounts) over features as all_accounts,
        sum(best_accounts) over features as all_best_accounts

    from counted

    window features as (partition by month, feature)

),

final as (

    select
        month,
        feature,
        value,
        accounts,
        best_accounts,
        all_accounts::bigint as all_accounts,
        all_best_accounts::bigint as all_best_accounts,
        round(
            best_accounts * all_accounts / nullif(accounts * all_best_accounts, 0), 2
        ) as lift,
        points,
        all_best_accounts >= min_best_accounts
        and best_accounts * all_accounts
        >= min_lift * accounts * all_best_accounts as counts_in

    from compared

)

select * from final
