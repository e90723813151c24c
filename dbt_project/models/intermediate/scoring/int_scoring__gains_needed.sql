-- How many points an account lacks for each better band (F68). It depends on the
-- dimension that gains them, where the order of ranks asks for X, Y or Z besides the
-- total: to be level with the bar may be enough there, or no gain may be.
{%- set compared = ['total_points', 'total_amount', 'total_amount_3m'] %}
{%- for name in dimensions().split() %}
{%- do compared.append(name ~ '_points') %}
{%- endfor %}
with

tiers as (

    select * from {{ ref('int_scoring__tiers_assigned') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

bars as (

    select * from {{ ref('int_scoring__tier_bars_found') }}

),

targets as (

    select
        tiers.scorecard_id,
        tiers.month,
        tiers.group_account_id,
        tiers.partition_id,
        tiers.raw_tier,
        bars.tier_band as target_band,
        bars.last_tier_order as target_order,
        bars.rank_order,
        bars.is_level_enough,
        bars.bar_account_id,
        bars.bar_keys,
        {%- for column in compared %}
        scores.{{ column }},
        {%- endfor %}
        {{ rank_keys('scores', 'bars.rank_order') }} as own_keys

    from tiers

    inner join scores
        on
            tiers.scorecard_id = scores.scorecard_id
            and tiers.month = scores.month
            and tiers.group_account_id = scores.group_account_id

    inner join bars
        on
            tiers.scorecard_id = bars.scorecard_id
            and tiers.month = bars.month
            and tiers.partition_id = bars.partition_id
            and bars.last_tier_order
            < coalesce(tiers.raw_tier_order, bars.last_tier_order + 1)

),

-- The first key that a gain moves says how far the bar is; without one it is no use.
distances as {{ computed_once() }} (

    select
        {%- for name in dimensions().split() %}
        (
            bar_keys[{{ first_key(name) }}] - own_keys[{{ first_key(name) }}]
        )::integer as {{ name }}_distance,
        {%- endfor %}
        targets.*

    from targets

),

gains as (

    select
        {%- for name in dimensions().split() %}
        {{ least_gain('distances', name) }} as {{ name }}_gain,
        {%- endfor %}
        distances.*

    from distances

),

final as (

    select
        scorecard_id,
        month,
        group_account_id,
        target_band,
        target_order,
        partition_id,
        raw_tier,
        {%- for name in dimensions().split() %}
        {{ name }}_gain,
        {%- endfor %}
        least(
            {%- for name in dimensions().split() %}
            {{ name }}_gain{{ ',' if not loop.last }}
            {%- endfor %}
        ) as points_short,
        row_number() over (
            partition by scorecard_id, month, group_account_id
            order by target_order desc
        ) = 1 as is_next

    from gains

)

select * from final
