-- One row per reported month, coverage rule and branch, and one for all branches: key
-- accounts, those nobody in post owns, those whose tier asks to be served, and how many
-- of these their owner in post, of whatever branch, can serve.
with

key_accounts as (

    select * from {{ ref('int_scoring__key_accounts_ranked') }}

),

final as (

    select
        month,
        coverage_rule_id,
        case when grouping(branch_id) = 1 then 'all' else branch_id end as branch_id,
        count(*) as key_accounts,
        count(*) filter (where owner_status = 'none') as accounts_without_owner,
        count(*) filter (where owner_status = 'unknown') as accounts_of_unknown,
        count(*) filter (where owner_status = 'left') as accounts_of_absent,
        count(*) filter (where is_served_tier) as top_accounts,
        count(*) filter (
            where
            is_served_tier
            and owner_status = 'in_post'
            and is_within_load
        ) as top_accounts_served

    from key_accounts

    group by grouping sets (
        (month, coverage_rule_id, branch_id), (month, coverage_rule_id)
    )

)

select * from final
