with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

solutions as (

    select * from {{ ref('stg_crm__solutions') }}

),

uses as (

    select * from {{ ref('stg_crm__solution_uses') }}

),

final as (

    select
        months.month,
        solutions.system_name,
        solutions.solution_id,
        solutions.solution_name,
        solutions.industry,
        solutions.product_codes,
        solutions.need_served,
        solutions.published_date,
        count(uses.account_id) as uses,
        count(distinct uses.account_id) as accounts_served,
        count(uses.account_id) filter (
            where uses.use_result = 'delivered'
        ) as uses_delivered,
        max(uses.used_date) as last_used_date

    from months

    inner join solutions
        on
            months.month_end_date >= solutions.published_date
            and coalesce(months.month_end_date < solutions.retired_date, true)

    left join uses
        on
            solutions.system_name = uses.system_name
            and solutions.solution_id = uses.solution_id
            and months.month_end_date >= uses.used_date

    group by
        months.month,
        solutions.system_name,
        solutions.solution_id,
        solutions.solution_name,
        solutions.industry,
        solutions.product_codes,
        solutions.need_served,
        solutions.published_date

)

select * from final
