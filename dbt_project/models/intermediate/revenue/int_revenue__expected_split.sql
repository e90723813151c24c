-- Expected revenue as the reported month sees it: every agreement known at its end, by
-- the later month that it is due in and by product (S4-09).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

agreement_months as (

    select * from {{ ref('int_revenue__agreement_months_split') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        months.month,
        attributed.group_account_id,
        agreement_months.month as expected_month,
        coalesce(versions.product_code, 'unknown') as product_code,
        count(*) as agreements,
        sum(agreement_months.amount) as expected_amount

    from months

    inner join versions
        on
            months.month_end_date >= versions.known_from_date
            and months.month_end_date < versions.known_to_date

    inner join agreement_months
        on
            versions.agreement_id = agreement_months.agreement_id
            and versions.version_number = agreement_months.version_number
            and months.month < agreement_months.month
            and agreement_months.amount <> 0

    inner join attributed
        on
            months.month = attributed.month
            and versions.group_account_id = attributed.group_account_id_named

    group by
        months.month,
        attributed.group_account_id,
        agreement_months.month,
        coalesce(versions.product_code, 'unknown')

)

select * from final
