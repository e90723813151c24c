-- What each account uses, and how common that is among the accounts of its industry.
with

applied as (

    select * from {{ ref('int_sales__products_applied') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account' and is_identified

),

industries as (

    select
        month,
        coalesce(industry, 'unknown') as industry,
        count(*) as industry_accounts

    from accounts

    where is_active

    group by 1, 2

),

used as (

    select
        applied.month,
        applied.group_account_id,
        accounts.branch_id,
        accounts.manager_id,
        coalesce(accounts.industry, 'unknown') as industry,
        applied.product_code,
        applied.billed_amount,
        applied.leased_lines,
        accounts.is_active

    from applied

    inner join accounts
        on
            applied.month = accounts.month
            and applied.group_account_id = accounts.group_account_id

),

final as (

    select
        used.month,
        used.group_account_id,
        used.product_code,
        used.branch_id,
        used.manager_id,
        used.industry,
        used.billed_amount,
        used.leased_lines,
        (count(*) filter (where used.is_active) over same_use)::integer
            as industry_users,
        industries.industry_accounts::integer as industry_accounts,
        round(
            100.0 * count(*) filter (where used.is_active) over same_use
            / industries.industry_accounts,
            2
        ) as industry_use_pct

    from used

    left join industries
        on
            used.month = industries.month
            and used.industry = industries.industry

    window same_use as (partition by used.month, used.industry, used.product_code)

)

select * from final
