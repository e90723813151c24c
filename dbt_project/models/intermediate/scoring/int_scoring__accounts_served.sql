-- Whom the call centre serves how: the tier that the rule's scorecard shows in the
-- month itself decides; the blacklist goes before it.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account' and is_identified

),

blacklist as (

    select * from {{ ref('int_service__blacklist_resolved') }}

),

rules as (

    select * from {{ ref('int_service__rules_in_force') }}

),

service_tiers as (

    select * from {{ ref('service_tiers') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        accounts.branch_id,
        accounts.manager_id,
        rules.service_rule_id,
        rules.service_rule_version,
        rules.scorecard_id,
        coalesce(nullif(tiers.tier_band, 'other'), 'unscored') as tier_band,
        scores.total_points,
        blacklist.group_account_id is not null as is_blacklisted,
        blacklist.listed_date as blacklisted_date,
        case
            when blacklist.group_account_id is not null then rules.blacklisted_class
            else coalesce(service_tiers.service_class, rules.unscored_class)
        end as service_class

    from accounts

    inner join rules
        on accounts.month = rules.month

    left join tiers
        on
            accounts.month = tiers.month
            and accounts.group_account_id = tiers.group_account_id
            and rules.scorecard_id = tiers.scorecard_id

    left join scores
        on
            accounts.month = scores.month
            and accounts.group_account_id = scores.group_account_id
            and rules.scorecard_id = scores.scorecard_id

    left join service_tiers
        on
            rules.service_rule_id = service_tiers.service_rule_id
            and rules.service_rule_version = service_tiers.version
            and rules.scorecard_id = service_tiers.scorecard_id
            and tiers.tier_band = service_tiers.tier_band

    left join blacklist
        on
            accounts.month = blacklist.month
            and accounts.group_account_id = blacklist.group_account_id

    -- Who is unwelcome stays so after closing.
    where accounts.is_active or blacklist.group_account_id is not null

)

select * from final
