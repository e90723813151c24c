-- Key accounts that should change their owner, in the order in which they are placed,
-- and the kinds of managers that should own them: the first rule that fits holds.
with

key_accounts as (

    select * from {{ ref('int_scoring__key_accounts_ranked') }}

),

owner_kinds as (

    select * from {{ ref('owner_kinds') }}

),

-- Who owns nothing more than can be served goes on owning it.
to_be_moved as (

    select
        month,
        coverage_rule_id,
        branch_id,
        row_number() over (
            partition by month, coverage_rule_id, branch_id
            order by is_served_tier desc, value_rank asc nulls last, customer_id asc
        ) as turn,
        customer_id,
        group_account_id,
        effective_tier,
        tier_band,
        initial_class,
        industry,
        manager_id,
        case
            when owner_status <> 'in_post' then 'owner_' || owner_status
            else 'overloaded'
        end as reason

    from key_accounts

    where owner_status <> 'in_post' or place > accounts_per_manager

),

-- An empty condition holds for everybody.
fitting as (

    select
        to_be_moved.month,
        to_be_moved.coverage_rule_id,
        to_be_moved.customer_id,
        owner_kinds.manager_kinds,
        owner_kinds.version,
        row_number() over (
            partition by
                to_be_moved.month, to_be_moved.coverage_rule_id, to_be_moved.customer_id
            order by owner_kinds.rule_order, owner_kinds.owner_kind_rule_id
        ) as row_number

    from to_be_moved

    inner join owner_kinds
        on
            to_be_moved.coverage_rule_id = owner_kinds.coverage_rule_id
            and {{ is_rule_in_force('owner_kinds', 'to_be_moved.month') }}
            and (
                owner_kinds.tier_bands is null
                or to_be_moved.tier_band
                = any(string_to_array(owner_kinds.tier_bands, ' '))
            )
            and (
                owner_kinds.initial_classes is null
                or to_be_moved.initial_class
                = any(string_to_array(owner_kinds.initial_classes, ' '))
            )
            and (
                owner_kinds.industries is null
                or to_be_moved.industry
                = any(string_to_array(owner_kinds.industries, ' '))
            )

),

final as (

    select
        to_be_moved.month,
        to_be_moved.coverage_rule_id,
        to_be_moved.branch_id,
        to_be_moved.turn,
        to_be_moved.customer_id,
        to_be_moved.group_account_id,
        to_be_moved.effective_tier,
        to_be_moved.industry,
        to_be_moved.manager_id,
        to_be_moved.reason,
        fitting.manager_kinds,
        fitting.version as owner_kind_rule_version

    from to_be_moved

    left join fitting
        on
            to_be_moved.month = fitting.month
            and to_be_moved.coverage_rule_id = fitting.coverage_rule_id
            and to_be_moved.customer_id = fitting.customer_id
            and fitting.row_number = 1

)

select * from final
