-- What would be published against what is: sizes by mart, and tiers month on month.
{%- set month_marts = [
    'dim_group_accounts', 'bridge_account_records', 'fct_account_indicators',
    'fct_account_scores', 'fct_value_pyramid', 'fct_leads',
] %}
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),
{% for mart in month_marts %}
{{ mart }} as (

    select * from {{ ref(mart) }}

),
{% endfor %}
scorecards as (

    select * from {{ ref('scorecards') }}

),

revenues as (

    select * from {{ ref('int_indicators__revenues_summed') }}

),

scorecard_tiers as (

    select distinct
        scorecard_id,
        version as scorecard_version,
        tier,
        tier_band

    from {{ ref('tier_rules') }}

),

-- Prospects have no revenue that a pyramid could show.
customer_cards as (

    select distinct scorecard_id

    from scorecards

    where subject = 'account'

),

earlier_profiles as (

    select * from {{ ref('prf_accounts') }}
    where metric = 'active_accounts'

    union all

    select * from {{ ref('prf_indicators') }}
    where
        metric in (
            'mean', 'missing_pct', 'billed_amount', 'individuals_amount',
            'accounts_amount'
        )

    union all

    select * from {{ ref('prf_scores') }}
    where metric = 'mean_points'

),

-- What each domain checks of its own marts.
domain_profiles as (

    select * from {{ ref('prf_revenue') }}

    union all

    select * from {{ ref('prf_cards') }}

    union all

    select * from {{ ref('prf_sales') }}

    union all

    select * from {{ ref('prf_service') }}

    union all

    select * from {{ ref('prf_customers') }}

    union all

    select * from {{ ref('prf_sources') }}

),

published as (

    select * from {{ source('control', 'published_metrics') }}

),

mart_sizes as (
    {% for mart in month_marts %}
    select
        months.month,
        '{{ mart }}' as subject,
        count({{ mart }}.month)::numeric as value

    from months

    left join {{ mart }}
        on months.month = {{ mart }}.month

    group by months.month
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

-- One that came or ended makes the other cards neither more nor less.
card_sizes as (

    select
        months.month,
        'fct_account_scores ' || scorecards.scorecard_id as subject,
        count(fct_account_scores.month)::numeric as value

    from months

    inner join scorecards
        on {{ is_rule_in_force('scorecards', 'months.month') }}

    left join fct_account_scores
        on
            months.month = fct_account_scores.month
            and scorecards.scorecard_id = fct_account_scores.scorecard_id

    group by months.month, scorecards.scorecard_id

),

-- A card that never ranked anybody, for want of prospects, lacks nobody.
card_sizes_known as (

    select card_sizes.*

    from card_sizes

    left join published
        on
            card_sizes.month = published.month
            and card_sizes.subject = published.subject
            and published.metric = 'row_count'

    where card_sizes.value > 0 or published.value > 0

),

tier_months as (

    select distinct
        scores.month,
        scores.scorecard_id,
        scores.scorecard_version,
        tiers.tier_band

    from fct_account_scores as scores

    inner join scorecard_tiers as tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.scorecard_version = tiers.scorecard_version

),

account_tiers as (

    select
        scores.month,
        scores.scorecard_id,
        scores.group_account_id,
        tiers.tier_band

    from fct_account_scores as scores

    inner join scorecard_tiers as tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.scorecard_version = tiers.scorecard_version
            and scores.effective_tier = tiers.tier

),

-- A tier that nobody is in has a size, too: zero.
tier_sizes as (

    select
        tier_months.month,
        tier_months.scorecard_id || ' ' || tier_months.tier_band as subject,
        count(account_tiers.group_account_id)::numeric as account_count,
        coalesce(
            sum(revenues.member_bill_amount + revenues.unified_payment_amount), 0
        ) as revenue_amount,
        coalesce(sum(revenues.informatization_amount), 0) as informatization_amount

    from tier_months

    left join account_tiers
        on
            tier_months.month = account_tiers.month
            and tier_months.scorecard_id = account_tiers.scorecard_id
            and tier_months.tier_band = account_tiers.tier_band

    left join revenues
        on
            account_tiers.month = revenues.bill_month
            and account_tiers.group_account_id = revenues.group_account_id

    group by tier_months.month, tier_months.scorecard_id, tier_months.tier_band

),

pyramid_sizes as (

    select
        fct_value_pyramid.month,
        fct_value_pyramid.scorecard_id as subject,
        sum(fct_value_pyramid.revenue) as pyramid_amount

    from fct_value_pyramid

    inner join customer_cards
        on fct_value_pyramid.scorecard_id = customer_cards.scorecard_id

    group by fct_value_pyramid.month, fct_value_pyramid.scorecard_id

),

sizes as (

    select
        month,
        subject,
        'row_count' as metric,
        value

    from mart_sizes

    union all

    select
        month,
        subject,
        'row_count' as metric,
        value

    from card_sizes_known

    union all

    select
        tier_sizes.month,
        tier_sizes.subject,
        metrics.metric,
        metrics.value

    from tier_sizes

    cross join
        lateral (
            values
            ('account_count', tier_sizes.account_count),
            ('revenue_amount', tier_sizes.revenue_amount),
            ('informatization_amount', tier_sizes.informatization_amount)
        ) as metrics (metric, value)

    union all

    select
        month,
        subject,
        'pyramid_amount' as metric,
        pyramid_amount as value

    from pyramid_sizes

    union all

    select
        month,
        subject,
        metric,
        value

    from earlier_profiles

),

compared as (

    select
        sizes.month,
        sizes.subject,
        sizes.metric,
        sizes.value,
        published.value as published_value,
        coalesce(before.value, published_before.value) as value_before

    from sizes

    left join published
        on
            sizes.month = published.month
            and sizes.subject = published.subject
            and sizes.metric = published.metric

    left join sizes as before
        on
            before.month = (sizes.month - interval '1 month')::date
            and sizes.subject = before.subject
            and sizes.metric = before.metric

    left join published as published_before
        on
            published_before.month = (sizes.month - interval '1 month')::date
            and sizes.subject = published_before.subject
            and sizes.metric = published_before.metric

    where sizes.metric in (
            'row_count', 'account_count', 'revenue_amount', 'informatization_amount',
            'accounts_amount'
        )
        -- Card by card instead.
        and sizes.subject <> 'fct_account_scores'

),

measured as (

    select
        month,
        subject,
        metric,
        value,
        true as is_published

    from sizes

    union all

    -- Month on month for tiers, against the published month for everything.
    select
        compared.month,
        compared.subject,
        compared.metric || metrics.suffix as metric,
        metrics.value,
        false as is_published

    from compared

    cross join
        lateral (
            values
            ('_published', compared.published_value),
            (
                '_vs_published_pct',
                round(
                    100 * (compared.value - compared.published_value)
                    / nullif(abs(compared.published_value), 0),
                    2
                )
            ),
            ('_before', compared.value_before),
            (
                '_change_pct',
                round(
                    100 * (compared.value - compared.value_before)
                    / nullif(abs(compared.value_before), 0),
                    2
                )
            )
        ) as metrics (suffix, value)

    union all

    -- From the source to the last mart: nothing was lost on the way.
    select
        pyramid_sizes.month,
        pyramid_sizes.subject,
        'unexplained_amount' as metric,
        max(landed.value) filter (where landed.metric = 'billed_amount')
        - max(landed.value) filter (where landed.metric = 'individuals_amount')
        - max(pyramid_sizes.pyramid_amount) as value,
        false as is_published

    from pyramid_sizes

    inner join earlier_profiles as landed
        on pyramid_sizes.month = landed.month

    group by pyramid_sizes.month, pyramid_sizes.subject

    union all

    select
        month,
        subject,
        metric,
        value,
        false as is_published

    from domain_profiles

),

final as (

    select
        month,
        '' as system_name,
        subject,
        metric,
        value,
        is_published

    from measured

    where value is not null

)

select * from final
