-- Open amounts at the end of the reported month by the days they are overdue (S4-01). A
-- refund without a receipt is owed and has no due date: it is not overdue.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

balances as (

    select * from {{ ref('int_revenue__balances_dated') }}

),

age_bands as (

    select * from {{ ref('receivable_age_bands') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

aged as (

    select
        months.month,
        balances.group_account_id,
        balances.balance_amount,
        coalesce(greatest(months.month_end_date - balances.due_date, 0), 0)
            as days_overdue

    from months

    inner join balances
        on
            months.month >= balances.from_month
            and months.month < balances.to_month

    where balances.balance_amount > 0

),

final as (

    select
        aged.month,
        attributed.group_account_id,
        age_bands.age_band,
        age_bands.band_order,
        count(*) as open_invoices,
        sum(aged.balance_amount) as open_amount

    from aged

    inner join age_bands
        on
            {{ is_rule_in_force('age_bands', 'aged.month') }}
            and coalesce(aged.days_overdue >= age_bands.days_from, true)
            and coalesce(aged.days_overdue < age_bands.days_to, true)

    inner join attributed
        on
            aged.month = attributed.month
            and aged.group_account_id = attributed.group_account_id_named

    group by 1, 2, 3, 4

)

select * from final
