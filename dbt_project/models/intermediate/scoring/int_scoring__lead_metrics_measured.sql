-- What lead rules ask about, for the ranked accounts. Peers are the accounts ranked
-- together. "Above" has no answer for an account with nothing to rank: it tops no list.
-- Nothing is rounded that a bound is compared with.
with

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_assigned') }}

),

indicators as (

    select * from {{ ref('int_indicators__accounts_measured') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

dictionary as (

    select * from {{ ref('indicators') }}

),

funnel as (

    select * from {{ ref('int_sales__lead_metrics_measured') }}

),

look_alikes as (

    select * from {{ ref('int_scoring__look_alikes_measured') }}

),

influence as (

    select position

    from dictionary

    where indicator_id = 'influence_grade'

),

-- A share of a revenue that is known in part only is unknown. Ten decimals make equal
-- shares equal numbers, whatever amounts they come from.
shares as (

    select
        month,
        group_account_id,
        case
            when
                total_amount_3m > 0
                and unified_payment_amount is not null
                and member_bill_amount is not null
                and informatization_amount is not null
                then round(100.0 * unified_payment_amount_3m / total_amount_3m, 10)
        end as unified_payment_share_pct

    from indicators

),

ranked as (

    select
        scores.scorecard_id,
        scores.month,
        scores.group_account_id,
        tiers.population,
        shares.unified_payment_share_pct,
        coalesce(scores.points[influence.position], 0) / 100.0 as influence_points,
        scores.z_points,
        rank() over (
            peers order by shares.unified_payment_share_pct desc nulls last
        ) as share_rank,
        rank() over (peers order by scores.total_points desc) as total_rank,
        rank() over (peers order by scores.x_points asc) as x_rank,
        rank() over (peers order by scores.y_points asc) as y_rank,
        rank() over (peers order by scores.z_points desc) as z_rank

    from tiers

    inner join scores
        on
            tiers.scorecard_id = scores.scorecard_id
            and tiers.month = scores.month
            and tiers.group_account_id = scores.group_account_id

    inner join shares
        on
            tiers.month = shares.month
            and tiers.group_account_id = shares.group_account_id

    cross join influence

    where tiers.population is not null

    window peers as (partition by tiers.scorecard_id, tiers.month, tiers.partition_id)

),

final as (

    select
        ranked.scorecard_id,
        ranked.month,
        ranked.group_account_id,
        accounts.manager_id,
        (accounts.initial_class = 'B_GOV')::integer as is_government,
        ranked.unified_payment_share_pct,
        case
            when ranked.unified_payment_share_pct > 0
                then 100.0 * (ranked.share_rank - 1) / ranked.population
        end as unified_payment_share_above_pct,
        ranked.influence_points,
        accounts.has_needs_informatization::integer as has_recorded_need,
        100.0 * (ranked.x_rank - 1) / ranked.population as x_below_pct,
        100.0 * (ranked.y_rank - 1) / ranked.population as y_below_pct,
        case
            when ranked.z_points > 0
                then 100.0 * (ranked.z_rank - 1) / ranked.population
        end as z_above_pct,
        100.0 * indicators.vnet_users / nullif(indicators.employees, 0)
            as vnet_users_per_employee_pct,
        accounts.competitor_share_pct,
        100.0 * (ranked.total_rank - 1) / ranked.population as total_above_pct,
        funnel.open_opportunities,
        funnel.is_top_thin,
        look_alikes.look_alike_points,
        look_alikes.look_alike_features

    from ranked

    inner join accounts
        on
            ranked.month = accounts.month
            and ranked.group_account_id = accounts.group_account_id

    inner join indicators
        on
            ranked.month = indicators.month
            and ranked.group_account_id = indicators.group_account_id

    left join funnel
        on
            ranked.month = funnel.month
            and ranked.group_account_id = funnel.group_account_id

    left join look_alikes
        on
            ranked.month = look_alikes.month
            and ranked.group_account_id = look_alikes.group_account_id

)

select * from final
