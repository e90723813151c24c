-- The funnel against the opportunities that landed: none is lost or counted twice on
-- the way to the marts. Shares of what nobody could be told of, and how wide the top
-- is.
with

landed as (

    select * from {{ ref('int_sales__opportunities_counted') }}

),

stages as (

    select * from {{ ref('fct_opportunity_stages') }}
    where is_current and stage_kind = 'open'

),

funnel as (

    select * from {{ ref('fct_sales_funnel') }}

),

statuses as (

    select * from {{ ref('fct_credit_statuses') }}

),

listed as (

    select
        month,
        count(*) as opportunities,
        sum(expected_amount) as amount

    from stages

    group by month

),

shown as (

    select
        month,
        sum(open_opportunities) as opportunities,
        sum(open_amount) as amount,
        sum(open_opportunities) filter (where branch_id = 'unknown')
            as unidentified_opportunities

    from funnel

    where branch_id <> 'all'

    group by month

),

tops as (

    select
        month,
        count(distinct branch_id) filter (where is_thin_top) as thin_branches

    from funnel

    where branch_id <> 'all'

    group by month

),

credit as (

    select
        month,
        count(*) as accounts,
        count(*) filter (where credit_status = 'poor') as poor_accounts

    from statuses

    group by month

),

measured as (

    select
        landed.month,
        'funnel' as subject,
        metrics.metric,
        metrics.value

    from landed

    left join listed
        on landed.month = listed.month

    left join shown
        on landed.month = shown.month

    left join tops
        on landed.month = tops.month

    cross join
        lateral (
            values
            ('open_opportunities', landed.open_opportunities::numeric),
            ('open_amount', landed.open_amount),
            (
                'unexplained_opportunities',
                abs(landed.open_opportunities - coalesce(shown.opportunities, 0))
                + abs(landed.open_opportunities - coalesce(listed.opportunities, 0))
            ),
            (
                'unexplained_amount',
                abs(landed.open_amount - coalesce(shown.amount, 0))
                + abs(landed.open_amount - coalesce(listed.amount, 0))
            ),
            (
                'orphan_pct',
                round(
                    100.0 * landed.orphan_opportunities
                    / nullif(landed.opportunities, 0),
                    4
                )
            ),
            (
                'unidentified_pct',
                round(
                    100.0 * shown.unidentified_opportunities
                    / nullif(shown.opportunities, 0),
                    4
                )
            ),
            ('thin_branches', tops.thin_branches::numeric)
        ) as metrics (metric, value)

    union all

    select
        month,
        'credit' as subject,
        'poor_pct' as metric,
        round(100.0 * poor_accounts / nullif(accounts, 0), 4) as value

    from credit

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
