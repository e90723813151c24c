-- What each account and prospect is like, a row per feature that is known of it, and
-- whether it is one of the best customers.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where is_identified and is_active

),

rules as (

    select * from {{ ref('look_alike_rules') }}

),

features as (

    select * from {{ ref('look_alike_features') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

bounded as (

    select
        *,
        string_to_array(size_class_bounds, ' ')::integer[] as bounds

    from rules

),

described as (

    select
        accounts.month,
        accounts.group_account_id,
        accounts.account_kind,
        features.feature,
        features.points,
        features.name_en,
        features.name_zh,
        bounded.min_best_accounts,
        bounded.min_lift,
        case features.feature
            when 'industry' then accounts.industry
            when 'ownership' then accounts.ownership
            when 'county_name' then accounts.county_name
            when 'size_class'
                then
                    bounded.bounds[sizes.place] || ' to '
                    || coalesce((bounded.bounds[sizes.place + 1] - 1)::text, '∞')
        end as value,
        tiers.group_account_id is not null as is_best

    from accounts

    inner join bounded
        on {{ is_rule_in_force('bounded', 'accounts.month') }}

    inner join features
        on
            bounded.look_alike_rule_id = features.look_alike_rule_id
            and bounded.version = features.version

    cross join
        lateral (
            values (width_bucket(accounts.employees, bounded.bounds))
        ) as sizes (place)

    left join tiers
        on
            accounts.month = tiers.month
            and accounts.group_account_id = tiers.group_account_id
            and bounded.scorecard_id = tiers.scorecard_id
            and bounded.tier_band = tiers.tier_band

),

final as (

    select
        month,
        group_account_id,
        feature,
        account_kind,
        min_best_accounts,
        min_lift,
        points,
        name_en,
        name_zh,
        value,
        is_best

    from described

    where value is not null

)

select * from final
