-- Rank stability between a month and a later one, over the accounts ranked in both.
-- Spearman is the correlation of mid-ranks. Kendall is tau-b, exact with ties: pairs in
-- the same order are counted bit by bit of the later rank. Two accounts differ first in
-- one bit; at that bit, whoever has it set is above whoever lacks it.
insert into backtest_metrics (month, ranking, metric, subject, value)
with

both_months as (

    select
        rankings.ranking,
        rankings.value,
        rankings.later_value

    from backtest_scores as scores

    inner join backtest_scores as later
        on scores.group_account_id = later.group_account_id

    cross join
        lateral (
            values
            ('score', scores.score, later.score),
            ('revenue', scores.revenue, later.revenue),
            ('random', scores.random, later.random)
        ) as rankings (ranking, value, later_value)

    where
        scores.month = %(month)s
        and later.month = %(later)s

),

placed as (

    select
        ranking,
        rank() over (partition by ranking order by value)
        + (count(*) over (partition by ranking, value) - 1) / 2.0 as place,
        rank() over (partition by ranking order by later_value)
        + (count(*) over (partition by ranking, later_value) - 1) / 2.0
            as later_place,
        dense_rank() over (partition by ranking order by value)::integer as step,
        dense_rank() over (partition by ranking order by later_value)::integer
            as later_step

    from both_months

),

cells as (

    select
        ranking,
        step,
        later_step,
        count(*)::numeric as accounts

    from placed

    group by ranking, step, later_step

),

depths as (

    select
        ranking,
        length(ltrim(max(later_step)::bit(32)::text, '0')) as bits

    from cells

    group by ranking

),

bits as (

    select
        cells.ranking,
        bit,
        cells.later_step >> (bit + 1) as prefix,
        (cells.later_step >> bit) & 1 as is_above,
        cells.step,
        cells.accounts

    from cells

    inner join depths on cells.ranking = depths.ranking

    cross join lateral generate_series(0, depths.bits - 1) as bit

),

counted as (

    select
        ranking,
        is_above,
        accounts,
        sum(accounts) filter (where is_above = 0) over (
            partition by ranking, bit, prefix
            order by step
            range between unbounded preceding and 1 preceding
        ) as below

    from bits

),

concordant as (

    select
        ranking,
        coalesce(sum(accounts * below), 0) as pairs

    from counted

    where is_above = 1

    group by ranking

),

steps as (

    select
        ranking,
        step,
        later_step,
        grouping(step) as is_any_step,
        grouping(later_step) as is_any_later,
        sum(accounts) as accounts

    from cells

    group by grouping sets (
        (ranking), (ranking, step), (ranking, later_step), (ranking, step, later_step)
    )

),

pairs as (

    select
        ranking,
        sum(accounts * (accounts - 1) / 2) filter (
            where is_any_step = 1 and is_any_later = 1
        ) as all_pairs,
        coalesce(sum(accounts * (accounts - 1) / 2) filter (
            where is_any_step = 0 and is_any_later = 1
        ), 0) as tied,
        coalesce(sum(accounts * (accounts - 1) / 2) filter (
            where is_any_step = 1 and is_any_later = 0
        ), 0) as later_tied,
        coalesce(sum(accounts * (accounts - 1) / 2) filter (
            where is_any_step = 0 and is_any_later = 0
        ), 0) as both_tied

    from steps

    group by ranking

),

kendall as (

    select
        pairs.ranking,
        (
            2 * coalesce(concordant.pairs, 0)
            - (pairs.all_pairs - pairs.tied - pairs.later_tied + pairs.both_tied)
        )
        / nullif(
            sqrt(
                (pairs.all_pairs - pairs.tied) * (pairs.all_pairs - pairs.later_tied)
            ),
            0
        ) as value

    from pairs

    left join concordant on pairs.ranking = concordant.ranking

),

measured as (

    select
        ranking,
        'kendall' as metric,
        value

    from kendall

    union all

    select
        ranking,
        'spearman' as metric,
        corr(place, later_place)::numeric as value

    from placed

    group by ranking

    union all

    select
        ranking,
        'common_accounts' as metric,
        count(*)::numeric as value

    from placed

    group by ranking

)

select
    %(month)s::date as month,
    ranking,
    metric,
    %(lag)s as subject,
    value

from measured

where value is not null
