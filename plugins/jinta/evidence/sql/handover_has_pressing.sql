-- Whether the month was published with the mart of what presses.
select
    exists (
        select 1 from control.pointers
        where
            pointers.mart = 'fct_pressing_matters'
            and pointers.month = %(month)s
    ) as has_pressing
