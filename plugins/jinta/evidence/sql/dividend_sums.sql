-- The revenue of the month with and without joining: dividing accounts moves revenue
-- between them and must not make or lose any.
select
    (
        select sum(total_amount)
        from marts.fct_account_indicators
        where month = %(month)s
    ) as amount,
    (
        select sum(total_amount)
        from {indicators}
        where month = %(month)s
    ) as single_amount
