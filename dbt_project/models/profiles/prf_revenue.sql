-- The identities of money by month: agreements and their months, invoices and what is
-- owed, resources and whom they served, the levels of the plan.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

versions as (

    select * from {{ ref('int_revenue__agreements_versioned') }}

),

steps as (

    select * from {{ ref('int_revenue__agreement_steps_settled') }}

),

agreement_months as (

    select * from {{ ref('int_revenue__agreement_months_split') }}

),

invoices as (

    select * from {{ ref('stg_billing__invoices') }}

),

receipts as (

    select * from {{ ref('stg_billing__receipts') }}

),

resource_costs as (

    select * from {{ ref('stg_finance__resource_costs') }}

),

receivables as (

    select * from {{ ref('fct_receivables') }}

),

ages as (

    select * from {{ ref('fct_receivable_ages') }}

),

service_costs as (

    select * from {{ ref('fct_service_costs') }}

),

activity_costs as (

    select * from {{ ref('fct_activity_costs') }}

),

net_values as (

    select * from {{ ref('fct_account_net_values') }}

),

completions as (

    select * from {{ ref('fct_plan_completions') }}

),

months_of_agreements as (

    select
        agreement_id,
        version_number,
        sum(amount) as split_amount,
        count(*) as month_count,
        {{ month_number('max(month)') }} - {{ month_number('min(month)') }} + 1
            as month_span

    from agreement_months

    group by agreement_id, version_number

),

agreements as (

    select
        months.month,
        count(*)::numeric as agreements,
        sum(steps.total_cents) / 100 as agreement_amount,
        coalesce(
            sum(
                abs(
                    steps.total_cents / 100
                    - coalesce(months_of_agreements.split_amount, 0)
                )
            ),
            0
        ) as split_gap_amount,
        count(*) filter (
            where
            months_of_agreements.month_count
            is distinct from months_of_agreements.month_span
        )::numeric as broken_agreements

    from months

    inner join versions
        on
            months.month_end_date >= versions.known_from_date
            and months.month_end_date < versions.known_to_date

    inner join steps
        on
            versions.agreement_id = steps.agreement_id
            and versions.version_number = steps.version_number
            and steps.is_last_step

    left join months_of_agreements
        on
            versions.agreement_id = months_of_agreements.agreement_id
            and versions.version_number = months_of_agreements.version_number

    group by months.month

),

invoiced as (

    select
        months.month,
        sum(invoices.amount) as invoiced_to_date,
        coalesce(
            sum(invoices.amount) filter (where invoices.invoice_month = months.month), 0
        ) as invoiced_amount

    from months

    inner join invoices
        on months.month >= invoices.invoice_month

    group by months.month

),

received as (

    select
        months.month,
        sum(receipts.amount) as received_to_date

    from months

    inner join receipts
        on months.month >= receipts.receipt_month

    group by months.month

),

owed as (

    select
        month,
        sum(open_amount) as open_amount,
        sum(arrears_amount) as arrears_amount,
        sum(credit_amount) as credit_amount,
        sum(stated_receivable_amount) as stated_receivable_amount,
        sum(open_amount) filter (where stated_receivable_amount is not null)
            as compared_amount

    from receivables

    group by month

),

aged as (

    select
        month,
        sum(open_amount) as aged_amount

    from ages

    group by month

),

spent as (

    select
        cost_month as month,
        sum(amount) as resource_amount

    from resource_costs

    group by cost_month

),

served as (

    select
        month,
        sum(cost_amount) as assigned_amount,
        coalesce(
            sum(cost_amount) filter (where group_account_id like 'unidentified-%'), 0
        ) as unidentified_amount

    from service_costs

    group by month

),

stood as (

    select
        month,
        sum(idle_amount) as idle_amount

    from activity_costs

    group by month

),

valued as (

    select
        month,
        sum(service_cost_amount) as valued_amount

    from net_values

    group by month

),

levels as (

    select
        month,
        plan_level,
        sum(completed_amount) as completed_amount,
        sum(planned_amount) as planned_amount,
        sum(abs(cascade_gap_amount)) as cascade_gap_amount

    from completions

    group by month, plan_level

),

planned as (

    select
        levels.month,
        max(
            abs(
                coalesce(levels.completed_amount, 0)
                - coalesce(invoiced.invoiced_amount, 0)
            )
        ) as completed_gap_amount,
        max(levels.planned_amount) filter (where levels.plan_level = 'company')
            as planned_amount,
        coalesce(sum(levels.cascade_gap_amount), 0) as cascade_gap_amount

    from levels

    left join invoiced
        on levels.month = invoiced.month

    group by levels.month

),

measured as (

    select
        months.month,
        metrics.subject,
        metrics.metric,
        metrics.value

    from months

    left join agreements
        on months.month = agreements.month

    left join invoiced
        on months.month = invoiced.month

    left join received
        on months.month = received.month

    left join owed
        on months.month = owed.month

    left join aged
        on months.month = aged.month

    left join spent
        on months.month = spent.month

    left join served
        on months.month = served.month

    left join stood
        on months.month = stood.month

    left join valued
        on months.month = valued.month

    left join planned
        on months.month = planned.month

    cross join
        lateral (
            values
            ('agreements', 'agreements', agreements.agreements),
            ('agreements', 'agreement_amount', agreements.agreement_amount),
            ('agreements', 'split_gap_amount', agreements.split_gap_amount),
            ('agreements', 'broken_agreements', agreements.broken_agreements),
            ('receivables', 'open_amount', owed.open_amount),
            ('receivables', 'arrears_amount', owed.arrears_amount),
            ('receivables', 'credit_amount', owed.credit_amount),
            (
                'receivables',
                'unbalanced_amount',
                coalesce(invoiced.invoiced_to_date, 0)
                - coalesce(received.received_to_date, 0)
                - coalesce(owed.open_amount - owed.credit_amount, 0)
            ),
            (
                'receivables',
                'unaged_amount',
                owed.open_amount - coalesce(aged.aged_amount, 0)
            ),
            (
                'receivables',
                'stated_gap_pct',
                round(
                    100 * (owed.compared_amount - owed.stated_receivable_amount)
                    / nullif(owed.stated_receivable_amount, 0),
                    4
                )
            ),
            ('service_costs', 'resource_amount', spent.resource_amount),
            ('service_costs', 'assigned_amount', served.assigned_amount),
            ('service_costs', 'idle_amount', stood.idle_amount),
            (
                'service_costs',
                'unassigned_amount',
                coalesce(spent.resource_amount, 0)
                - coalesce(served.assigned_amount, 0)
                - coalesce(stood.idle_amount, 0)
            ),
            (
                'service_costs',
                'unvalued_amount',
                coalesce(served.assigned_amount, 0) - coalesce(valued.valued_amount, 0)
            ),
            (
                'service_costs',
                'idle_pct',
                round(100 * stood.idle_amount / nullif(spent.resource_amount, 0), 4)
            ),
            (
                'service_costs',
                'unidentified_pct',
                round(
                    100 * served.unidentified_amount
                    / nullif(served.assigned_amount, 0),
                    4
                )
            ),
            ('plan', 'planned_amount', planned.planned_amount),
            ('plan', 'completed_gap_amount', planned.completed_gap_amount),
            ('plan', 'cascade_gap_amount', planned.cascade_gap_amount)
        ) as metrics (subject, metric, value)

),

final as (

    select
        month,
        '' as system_name,
        subject,
        metric,
        value

    from measured

    where value is not null

)

select * from final
