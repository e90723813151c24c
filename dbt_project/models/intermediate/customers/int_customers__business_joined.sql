-- One row per reported month and account: what it uses, spends, owes, is bound to and
-- may buy, side by side. Nothing open is zero; arrears that nobody states are unknown,
-- and so is the service cost of a month whose resource costs didn't land.
with

measured as (

    select * from {{ ref('int_indicators__accounts_measured') }}
    where account_kind = 'account'

),

expected as (

    select * from {{ ref('int_revenue__expected_summed') }}

),

net_values as (

    select * from {{ ref('int_revenue__net_values_ranked') }}

),

receivables as (

    select * from {{ ref('int_indicators__receivables_measured') }}

),

funnel as (

    select * from {{ ref('int_sales__funnel_weighted') }}

),

final as (

    select
        measured.month,
        measured.group_account_id,
        measured.total_amount,
        measured.total_amount_3m,
        measured.unified_payment_amount,
        measured.member_bill_amount,
        measured.informatization_amount,
        measured.member_lines,
        measured.vnet_users,
        measured.informatization_products,
        measured.leased_lines,
        measured.off_net_rate_pct,
        coalesce(expected.expected_amount_12m, 0) as expected_amount_12m,
        coalesce(expected.open_agreement_amount, 0) as open_agreement_amount,
        net_values.service_cost_amount,
        round(receivables.average_arrears_amount, 2) as average_arrears_amount,
        round(receivables.average_arrears_rate_pct, 2) as average_arrears_rate_pct,
        round(receivables.collection_cycle_days, 2) as collection_cycle_days,
        coalesce(funnel.open_opportunities, 0) as open_opportunities,
        coalesce(funnel.open_amount, 0) as open_opportunity_amount,
        coalesce(funnel.weighted_amount, 0) as weighted_opportunity_amount

    from measured

    left join expected
        on
            measured.month = expected.month
            and measured.group_account_id = expected.group_account_id

    left join net_values
        on
            measured.month = net_values.month
            and measured.group_account_id = net_values.group_account_id

    left join receivables
        on
            measured.month = receivables.month
            and measured.group_account_id = receivables.group_account_id

    left join funnel
        on
            measured.month = funnel.month
            and measured.group_account_id = funnel.group_account_id

)

select * from final
