-- What must hold of scorecards, values and prospects by month: no transaction is lost,
-- the parts of a value are the whole, each account has one type, no ranking mixes
-- kinds.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

transactions as (

    select * from {{ ref('stg_billing__transactions') }}

),

dictionary as (

    select * from {{ ref('dim_indicators') }}

),

indicators as (

    select * from {{ ref('fct_account_indicators') }}

),

account_values as (

    select * from {{ ref('fct_account_values') }}

),

accounts as (

    select * from {{ ref('dim_group_accounts') }}

),

assessments as (

    select * from {{ ref('fct_assessments') }}

),

distributions as (

    select * from {{ ref('fct_band_distributions') }}

),

scores as (

    select * from {{ ref('fct_account_scores') }}

),

cards as (

    select * from {{ ref('dim_scorecards') }}

),

card_bands as (

    select * from {{ ref('dim_scorecard_bands') }}

),

tiers as (

    select * from {{ ref('dim_scorecard_tiers') }}

),

windows as (

    select
        max(window_months) filter (where indicator_id = 'transaction_amount')
            as trade_months

    from dictionary

),

landed as (

    select
        months.month,
        coalesce(sum(transactions.amount), 0) as amount

    from months

    cross join windows

    left join transactions
        on
            months.month >= transactions.transaction_month
            and months.month < transactions.transaction_month
            + make_interval(months => windows.trade_months)

    group by months.month

),

shown as (

    select
        month,
        coalesce(sum(transaction_amount), 0) as amount

    from indicators

    group by month

),

valued as (

    select
        account_values.month,
        count(*) filter (
            where
            account_values.established_value_amount
            is distinct from indicators.transaction_margin_amount
            or account_values.potential_value_amount
            is distinct from account_values.agreement_amount
            + account_values.opportunity_amount
        ) as value_gaps,
        count(*) filter (
            where
            (account_values.value_type is not null)
            is distinct from (accounts.is_active and accounts.is_identified)
        ) as untyped_accounts,
        count(*) as accounts

    from account_values

    inner join indicators
        on
            account_values.month = indicators.month
            and account_values.group_account_id = indicators.group_account_id

    inner join accounts
        on
            account_values.month = accounts.month
            and account_values.group_account_id = accounts.group_account_id

    group by account_values.month

),

mixed as (

    select
        scores.month,
        count(*) filter (where cards.subject <> accounts.account_kind) as mixed_scores

    from scores

    inner join cards
        on
            scores.scorecard_id = cards.scorecard_id
            and scores.scorecard_version = cards.scorecard_version

    inner join accounts
        on
            scores.month = accounts.month
            and scores.group_account_id = accounts.group_account_id

    group by scores.month

),

weights as (

    select
        indicator_id,
        max(max_points) as max_points

    from card_bands

    group by indicator_id

),

assessed as (

    select
        assessments.month,
        count(*) as assessments,
        count(*) filter (where assessments.points * 100 > weights.max_points)
            as points_beyond

    from assessments

    left join weights
        on assessments.item || '_points' = weights.indicator_id

    group by assessments.month

),

items as (

    select
        month,
        scorecard_id,
        branch_id,
        item,
        sum(account_count) as account_count

    from distributions

    group by month, scorecard_id, branch_id, item

),

banded as (

    select
        items.month,
        count(*) filter (where items.account_count <> totals.account_count)
            as uneven_items

    from items

    inner join items as totals
        on
            items.month = totals.month
            and items.scorecard_id = totals.scorecard_id
            and items.branch_id = totals.branch_id
            and totals.item = 'total'

    group by items.month

),

best as (

    select
        distributions.month,
        distributions.scorecard_id,
        100.0 * sum(distributions.account_count) filter (
            where distributions.band = tiers.tier
        ) / sum(distributions.account_count) as best_share_pct

    from distributions

    inner join tiers
        on
            distributions.scorecard_id = tiers.scorecard_id
            and distributions.scorecard_version = tiers.scorecard_version
            and tiers.tier_order = 1
            and tiers.share_to_pct is null

    where distributions.item = 'total'

    group by distributions.month, distributions.scorecard_id

),

measured as (

    select
        landed.month,
        'transactions' as subject,
        'transaction_amount' as metric,
        landed.amount as value

    from landed

    union all

    select
        landed.month,
        'transactions' as subject,
        'unattributed_amount' as metric,
        landed.amount - coalesce(shown.amount, 0) as value

    from landed

    left join shown
        on landed.month = shown.month
    {% for metric in ['value_gaps', 'untyped_accounts'] %}
    union all

    select
        month,
        'account_values' as subject,
        '{{ metric }}' as metric,
        {{ metric }} as value

    from valued
    {% endfor %}
    union all

    select
        month,
        'scores' as subject,
        'mixed_scores' as metric,
        mixed_scores as value

    from mixed
    {% for metric in ['assessments', 'points_beyond'] %}
    union all

    select
        month,
        'assessments' as subject,
        '{{ metric }}' as metric,
        {{ metric }} as value

    from assessed
    {% endfor %}
    union all

    select
        month,
        'band_distributions' as subject,
        'uneven_items' as metric,
        uneven_items as value

    from banded

    union all

    select
        month,
        scorecard_id as subject,
        'best_share_pct' as metric,
        round(coalesce(best_share_pct, 0), 2) as value

    from best

),

final as (

    select
        month,
        '' as system_name,
        subject,
        metric,
        value::numeric as value

    from measured

)

select * from final
