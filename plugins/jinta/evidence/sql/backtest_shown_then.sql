exists (
    select 1
    from backtest_moments
    where
        backtest_moments.month = shown_rows.month
        and shown_rows.shown_from <= backtest_moments.shown_from
        and coalesce(shown_rows.shown_until > backtest_moments.shown_from, true)
)
