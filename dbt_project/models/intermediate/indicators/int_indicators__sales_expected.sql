-- Expected sales (S4-02, S4-12): what open agreements bring in the next twelve months
-- and what open opportunities are worth by their stage. Zero where a branch has
-- neither for an account but for others; without both everywhere in the branch
-- missing.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

agreements as (

    select * from {{ ref('int_revenue__expected_summed') }}

),

opportunities as (

    select * from {{ ref('int_sales__funnel_weighted') }}

),

joined as (

    select
        accounts.month,
        accounts.group_account_id,
        round(agreements.expected_amount_12m, 2) as agreement_amount,
        -- To the cent, so that the parts are the whole.
        round(opportunities.weighted_amount, 2) as opportunity_amount,
        bool_or(
            agreements.group_account_id is not null
            or opportunities.group_account_id is not null
        ) over (partition by accounts.month, accounts.branch_id) as has_landed

    from accounts

    left join agreements
        on
            accounts.month = agreements.month
            and accounts.group_account_id = agreements.group_account_id

    left join opportunities
        on
            accounts.month = opportunities.month
            and accounts.group_account_id = opportunities.group_account_id

),

final as (

    select
        month,
        group_account_id,
        case when has_landed then coalesce(agreement_amount, 0) end as agreement_amount,
        case when has_landed then coalesce(opportunity_amount, 0) end
            as opportunity_amount,
        case
            when has_landed
                then coalesce(agreement_amount, 0) + coalesce(opportunity_amount, 0)
        end as expected_sales_amount

    from joined

)

select * from final
