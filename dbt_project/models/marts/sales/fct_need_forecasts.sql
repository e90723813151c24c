-- What is not expected of any month yet stands under `undated`: nothing is left out.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

needs as (

    select * from {{ ref('stg_crm__account_needs') }}
    where need_kind = 'need'

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

known as (

    select
        months.month,
        coalesce(attributed.branch_id, 'unknown') as branch_id,
        coalesce(needs.product_code, 'unknown') as product_code,
        coalesce(to_char(needs.expected_month, 'YYYY-MM'), 'undated')
            as expected_period,
        coalesce(needs.expected_month < months.month, false) as is_overdue,
        coalesce(records.group_account_id, needs.account_id) as account,
        needs.wants_informatization,
        needs.expected_amount

    from needs

    inner join months
        on needs.recorded_date <= months.month_end_date

    left join records
        on {{ refers_to('needs', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

),

final as (

    select
        month,
        branch_id,
        product_code,
        expected_period,
        is_overdue,
        count(*)::integer as needs,
        count(distinct account)::integer as accounts,
        count(*) filter (where wants_informatization)::integer as informatization_needs,
        count(expected_amount)::integer as estimated_needs,
        coalesce(sum(expected_amount), 0) as expected_amount

    from known

    group by month, branch_id, product_code, expected_period, is_overdue

)

select * from final
