-- Key accounts that should change their owner, in the order in which a branch places
-- them, and who should own them: the first rule that fits holds. Whoever owns nothing
-- more than can be served goes on owning it. One request is what the same managers fit.
with

key_accounts as (

    select * from {{ ref('int_scoring__key_accounts_ranked') }}

),

owner_kinds as (

    select * from {{ ref('owner_kinds') }}

),

-- An empty condition holds for everybody.
fitting as (

    select
        key_accounts.*,
        owner_kind.manager_kinds,
        owner_kind.matched_by,
        owner_kind.version as owner_kind_rule_version,
        case owner_kind.matched_by
            when 'industry' then key_accounts.industry
            when 'county' then key_accounts.county_name
        end as matched_value

    from key_accounts

    left join
        lateral (
            select owner_kinds.*

            from owner_kinds

            where
                key_accounts.coverage_rule_id = owner_kinds.coverage_rule_id
                and {{ is_rule_in_force('owner_kinds', 'key_accounts.month') }}
                and (
                    owner_kinds.tier_bands is null
                    or key_accounts.tier_band
                    = any(string_to_array(owner_kinds.tier_bands, ' '))
                )
                and (
                    owner_kinds.initial_classes is null
                    or key_accounts.initial_class
                    = any(string_to_array(owner_kinds.initial_classes, ' '))
                )
                and (
                    owner_kinds.industries is null
                    or key_accounts.industry
                    = any(string_to_array(owner_kinds.industries, ' '))
                )

            order by owner_kinds.rule_order, owner_kinds.owner_kind_rule_id

            limit 1
        ) as owner_kind
        on true

    where key_accounts.owner_status <> 'in_post' or not key_accounts.is_within_load

),

final as (

    select
        month,
        coverage_rule_id,
        branch_id,
        row_number() over (
            partition by month, branch_id
            order by
                load_share desc,
                coverage_rule_id asc,
                is_served_tier desc,
                value_rank asc nulls last,
                customer_id asc
        )::integer as turn,
        dense_rank() over (
            partition by month, branch_id
            order by coverage_rule_id, manager_kinds, matched_by, matched_value
        )::integer as request,
        customer_id,
        group_account_id,
        effective_tier,
        county_name,
        industry,
        manager_id,
        case
            when owner_status <> 'in_post' then 'owner_' || owner_status
            else 'overloaded'
        end as reason,
        load_share,
        manager_kinds,
        matched_by,
        matched_value,
        owner_kind_rule_version

    from fitting

)

select * from final
