-- Who owns nothing more goes on owning it: only accounts without an owner in post, and
-- those beyond what an owner can serve, are moved. The most valuable ones are placed
-- first, each with whoever of the branch would then hold the fewest.
with

key_accounts as (

    select * from {{ ref('int_scoring__key_accounts_ranked') }}

),

managers as (

    select * from {{ ref('int_scoring__managers_loaded') }}

),

to_be_moved as (

    select
        month,
        coverage_rule_id,
        customer_id,
        group_account_id,
        branch_id,
        manager_id,
        effective_tier,
        case
            when owner_status <> 'in_post' then 'owner_' || owner_status
            else 'overloaded'
        end as reason,
        row_number() over (
            partition by month, coverage_rule_id, branch_id
            order by is_served_tier desc, value_rank asc nulls last, customer_id asc
        ) as turn

    from key_accounts

    where owner_status <> 'in_post' or place > accounts_per_manager

),

-- One row per account that a manager could still take.
places as (

    select
        managers.month,
        managers.coverage_rule_id,
        managers.branch_id,
        managers.manager_id,
        row_number() over (
            partition by managers.month, managers.coverage_rule_id, managers.branch_id
            order by held.accounts asc, managers.manager_id asc
        ) as turn

    from managers

    cross join
        lateral generate_series(
            managers.accounts + 1, managers.accounts_per_manager
        ) as held (accounts)

    where managers.is_counted

),

final as (

    select
        to_be_moved.month,
        to_be_moved.coverage_rule_id,
        to_be_moved.customer_id,
        to_be_moved.group_account_id,
        to_be_moved.branch_id,
        to_be_moved.effective_tier,
        to_be_moved.reason,
        to_be_moved.manager_id,
        places.manager_id as manager_id_proposed

    from to_be_moved

    left join places
        on
            to_be_moved.month = places.month
            and to_be_moved.coverage_rule_id = places.coverage_rule_id
            and to_be_moved.branch_id = places.branch_id
            and to_be_moved.turn = places.turn

)

select * from final
