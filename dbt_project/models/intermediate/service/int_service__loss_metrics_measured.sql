-- What the conditions of the loss rule may ask about, a row per metric that is known.
-- Complaints are the month's own, and known where those of the year are. Revenue is
-- compared by the kinds of bills that landed in the month and before.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account' and is_identified and is_active

),

indicators as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

revenues as (

    select * from {{ ref('int_indicators__revenues_averaged') }}

),

contacts as (

    select * from {{ ref('int_indicators__contacts_measured') }}

),

contacts_dated as (

    select * from {{ ref('int_customers__contacts_dated') }}

),

usages as (

    select * from {{ ref('int_service__usages_compared') }}

),

services as (

    select
        month,
        group_account_id,
        100 * (sum(amount) - sum(amount_before)) / nullif(sum(amount_before), 0)
            as service_spend_change_pct,
        count(*) filter (where is_lost) as services_lost

    from usages

    group by month, group_account_id

),

complaints as (

    select
        group_account_id,
        contact_month as month,
        contacts as complaints

    from contacts_dated

    where contact_kind = 'complaint'

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        metrics.metric,
        metrics.value

    from accounts

    inner join indicators
        on
            accounts.month = indicators.month
            and accounts.group_account_id = indicators.group_account_id

    left join revenues
        on
            accounts.month = revenues.month
            and accounts.group_account_id = revenues.group_account_id

    left join contacts
        on
            accounts.month = contacts.month
            and accounts.group_account_id = contacts.group_account_id

    left join complaints
        on
            accounts.month = complaints.month
            and accounts.group_account_id = complaints.group_account_id

    left join services
        on
            accounts.month = services.month
            and accounts.group_account_id = services.group_account_id

    cross join
        lateral (
            values
            (
                'revenue_change_pct',
                -- Rounded, so that a change by just the bound stays one.
                round(
                    100 * (revenues.compared_amount - revenues.compared_average_amount)
                    / nullif(revenues.compared_average_amount, 0),
                    10
                )
            ),
            ('service_spend_change_pct', services.service_spend_change_pct),
            ('services_lost', services.services_lost::numeric),
            ('off_net_rate_pct', indicators.off_net_rate_pct),
            ('competitor_share_pct', accounts.competitor_share_pct),
            (
                'complaints',
                case
                    when contacts.complaint_count is not null
                        then coalesce(complaints.complaints, 0)
                end
            )
        ) as metrics (metric, value)

    where metrics.value is not null

)

select * from final
