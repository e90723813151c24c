-- One row per month: the moment at which readers first saw its scores, of those that
-- are still kept.
create temporary table backtest_moments as
select
    month,
    min(shown_from) as shown_from

from marts.shown_months

where
    mart = 'fct_account_scores'
    and is_kept

group by month
