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

described as (

    select
        accounts.month,
        accounts.group_account_id,
        accounts.account_kind,
        features.feature,
        features.points,
        rules.min_best_accounts,
        rules.min_lift,
        -- The number of digits is the size: 480 employees are like 320, not like 48.
        case features.feature
            when 'industry' then accounts.industry
            when 'ownership' then accounts.ownership
            when 'county_name' then accounts.county_name
            when 'size_class' then length(accounts.employees::text)::text
        end as value,
        tiers.group_account_id is not null as is_best

    from accounts

    inner join rules
        on {{ is_rule_in_force('rules', 'accounts.month') }}

    inner join features
        on
            rules.look_alike_rule_id = features.look_alike_rule_id
            and rules.version = features.version

    left join tiers
        on
            accounts.month = tiers.month
            and accounts.group_account_id = tiers.group_account_id
            and rules.scorecard_id = tiers.scorecard_id
            and rules.tier_band = tiers.tier_band

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
        value,
        is_best

    from described

    where value is not null

)

select * from final
