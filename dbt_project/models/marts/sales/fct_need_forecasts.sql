-- What is not expected of any month yet stands under `undated`: nothing is left out.
with

needs as (

    select * from {{ ref('int_sales__needs_dated') }}
    where need_kind = 'need' and is_open

),

named as (

    select
        month,
        coalesce(branch_id, 'unknown') as branch_id,
        coalesce(product_code, 'unknown') as product_code,
        coalesce(to_char(expected_month, 'YYYY-MM'), 'undated') as expected_period,
        is_overdue,
        group_account_id_named,
        wants_informatization,
        expected_amount

    from needs

),

final as (

    select
        month,
        branch_id,
        product_code,
        expected_period,
        is_overdue,
        count(*)::integer as needs,
        count(distinct group_account_id_named)::integer as accounts,
        count(*) filter (where wants_informatization)::integer as informatization_needs,
        count(expected_amount)::integer as estimated_needs,
        coalesce(sum(expected_amount), 0) as expected_amount

    from named

    group by month, branch_id, product_code, expected_period, is_overdue

)

select * from final
