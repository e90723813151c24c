-- Managers, and products, of a branch come to the branch; branches to the company.
with

rates as (

    select * from {{ ref('fct_win_rates') }}

),

summed as (

    select
        month,
        branch_id,
        sum(won_count + lost_count + withdrawn_count)
        filter (where manager_id = 'all' and product_code = 'all') as of_branch,
        sum(won_count + lost_count + withdrawn_count)
        filter (where manager_id <> 'all') as of_managers,
        sum(won_count + lost_count + withdrawn_count)
        filter (where product_code <> 'all') as of_products

    from rates

    group by month, branch_id

),

months as (

    select
        month,
        sum(of_branch) filter (where branch_id = 'all') as of_company,
        sum(of_branch) filter (where branch_id <> 'all') as of_branches

    from summed

    group by month

)

select
    summed.month,
    summed.branch_id,
    summed.of_branch,
    summed.of_managers,
    summed.of_products,
    months.of_company,
    months.of_branches

from summed

inner join months
    on summed.month = months.month

where
    summed.of_branch is distinct from summed.of_products
    or summed.branch_id <> 'all'
    and summed.of_branch is distinct from summed.of_managers
    or months.of_company is distinct from months.of_branches
