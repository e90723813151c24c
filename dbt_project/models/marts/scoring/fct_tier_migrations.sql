{{ config(materialized='view') }}

-- From which tier to which, by branch: a view over the published months, each against
-- the one published before. Who came is from `new`, who went is to `gone`.
with

scores as {{ computed_in_place() }} (

    select * from {{ ref('fct_account_scores') }}

),

accounts as {{ computed_in_place() }} (

    select * from {{ ref('dim_group_accounts') }}

),

indicators as {{ computed_in_place() }} (

    select * from {{ ref('fct_account_indicators') }}

),

pyramid as (

    select * from {{ ref('fct_value_pyramid') }}

),

card_months as (

    select distinct
        scorecard_id,
        month

    from pyramid

),

months_paired as (

    select
        scorecard_id,
        month,
        lag(month) over (partition by scorecard_id order by month) as old_month

    from card_months

),

-- Each account is on the old side, the new one, or both.
sides as (
    {% for side, month in [('old', 'old_month'), ('new', 'month')] %}
    select
        months_paired.scorecard_id,
        months_paired.month,
        months_paired.old_month,
        scores.group_account_id,
        '{{ side }}' as side,
        coalesce(accounts.branch_id, 'unknown') as branch_id,
        scores.effective_tier,
        scores.raw_tier,
        indicators.total_amount

    from months_paired

    inner join scores
        on
            months_paired.scorecard_id = scores.scorecard_id
            and months_paired.{{ month }} = scores.month

    inner join accounts
        on
            scores.month = accounts.month
            and scores.group_account_id = accounts.group_account_id

    inner join indicators
        on
            scores.month = indicators.month
            and scores.group_account_id = indicators.group_account_id

    where months_paired.old_month is not null
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

moves as (

    select
        scorecard_id,
        month,
        old_month,
        group_account_id,
        coalesce(
            max(branch_id) filter (where side = 'new'), max(branch_id)
        ) as branch_id,
        {%- for kind in ['effective', 'raw'] %}
        coalesce(max({{ kind }}_tier) filter (where side = 'old'), 'new')
            as {{ kind }}_tier_from,
        coalesce(max({{ kind }}_tier) filter (where side = 'new'), 'gone')
            as {{ kind }}_tier_to,
        {%- endfor %}
        coalesce(sum(total_amount) filter (where side = 'old'), 0) as old_revenue,
        coalesce(sum(total_amount) filter (where side = 'new'), 0) as revenue

    from sides

    group by scorecard_id, month, old_month, group_account_id

),

final as (

    select
        moves.scorecard_id,
        moves.month,
        moves.branch_id,
        kinds.tier_kind,
        kinds.tier_from,
        kinds.tier_to,
        moves.old_month,
        count(*) as accounts,
        sum(moves.old_revenue) as old_revenue,
        sum(moves.revenue) as revenue

    from moves

    cross join
        lateral (
            values
            ('effective', moves.effective_tier_from, moves.effective_tier_to),
            ('raw', moves.raw_tier_from, moves.raw_tier_to)
        ) as kinds (tier_kind, tier_from, tier_to)

    group by
        moves.scorecard_id,
        moves.month,
        moves.branch_id,
        kinds.tier_kind,
        kinds.tier_from,
        kinds.tier_to,
        moves.old_month

)

select * from final
