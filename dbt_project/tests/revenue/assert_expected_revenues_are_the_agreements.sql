-- What is expected of all accounts after a month is what agreements known at its end
-- have not yet given: their amounts less the months up to it (S4-09, F62).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

expected as (

    select * from {{ ref('int_revenue__expected_summed') }}

),

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

agreement_months as (

    select * from {{ ref('int_revenue__agreement_months_split') }}

),

left_over as (

    select
        months.month,
        coalesce(
            sum(agreement_months.amount)
            - sum(
                case
                    when agreement_months.month <= months.month
                        then agreement_months.amount
                    else 0
                end
            ),
            0
        ) as left_amount

    from months

    left join versions
        on
            months.month_end_date >= versions.known_from_date
            and months.month_end_date < versions.known_to_date

    left join agreement_months
        on
            versions.agreement_id = agreement_months.agreement_id
            and versions.version_number = agreement_months.version_number

    group by months.month

),

expected_totals as (

    select
        month,
        sum(open_agreement_amount) as open_agreement_amount

    from expected

    group by month

)

select
    left_over.month,
    left_over.left_amount,
    expected_totals.open_agreement_amount

from left_over

left join expected_totals
    on left_over.month = expected_totals.month

where left_over.left_amount <> coalesce(expected_totals.open_agreement_amount, 0)
