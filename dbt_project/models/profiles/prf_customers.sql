-- Account 360 against what it is made from: no account, visit or piece of feedback is
-- lost, revenue is composed to the cent. How many key accounts nobody in post owns, and
-- how many managers the branches lack.
with

accounts as (

    select * from {{ ref('dim_group_accounts') }}
    where account_kind = 'account'

),

overviews as (

    select * from {{ ref('fct_account_overviews') }}

),

composition as (

    select * from {{ ref('fct_segment_composition') }}

),

revenues as (

    select * from {{ ref('int_indicators__revenues_summed') }}

),

member_bills as (

    select * from {{ ref('int_indicators__member_bills_summed') }}
    where group_account_id = 'individuals'

),

coverage as (

    select * from {{ ref('fct_manager_coverage') }}

),

logs as (

    select * from {{ ref('prf_customerlogs') }}

),

overviews_counted as (

    select
        accounts.month,
        count(*) filter (where overviews.group_account_id is null)
            as missing_accounts

    from accounts

    left join overviews
        on
            accounts.month = overviews.month
            and accounts.group_account_id = overviews.group_account_id

    group by accounts.month

),

landed as (

    select
        bill_month,
        sum(unified_payment_amount + member_bill_amount + informatization_amount)
            as amount

    from revenues

    group by bill_month

),

composed as (

    select
        composition.month,
        sum(composition.amount) as amount,
        coalesce(max(landed.amount), 0)
        + coalesce(max(member_bills.member_bill_amount), 0) as landed_amount

    from composition

    left join landed
        on composition.month = landed.bill_month

    left join member_bills
        on composition.month = member_bills.bill_month

    group by composition.month

),

covered as (

    select
        month,
        coverage_rule_id,
        sum(key_accounts) as key_accounts,
        sum(accounts_without_owner_in_post) as ownerless_accounts,
        sum(greatest(coverage_gap, 0)) as managers_lacking

    from coverage

    where branch_id <> 'all'

    group by month, coverage_rule_id

),

measured as (

    select
        month,
        'account_overviews' as subject,
        'missing_accounts' as metric,
        missing_accounts::numeric as value

    from overviews_counted

    union all

    select
        composed.month,
        'segments' as subject,
        metrics.metric,
        metrics.value

    from composed

    cross join
        lateral (
            values
            ('landed_amount', composed.landed_amount),
            ('uncomposed_amount', composed.landed_amount - composed.amount)
        ) as metrics (metric, value)

    union all

    select
        covered.month,
        'coverage ' || covered.coverage_rule_id as subject,
        metrics.metric,
        metrics.value

    from covered

    cross join
        lateral (
            values
            ('key_accounts', covered.key_accounts::numeric),
            ('ownerless_accounts', covered.ownerless_accounts::numeric),
            (
                'ownerless_pct',
                round(
                    100.0 * covered.ownerless_accounts
                    / nullif(covered.key_accounts, 0),
                    4
                )
            ),
            ('managers_lacking', covered.managers_lacking::numeric)
        ) as metrics (metric, value)

    union all

    select
        month,
        subject,
        metric,
        value

    from logs

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
