-- One row per published month of a scorecard: the version that scored it, since when
-- readers saw it first, and whether revenue of as many later months is published.
with

revenue_months as (

    select pointers.month

    from control.pointers

    where pointers.mart = 'fct_account_indicators'

),

shown as (

    select
        shown_months.month,
        min(shown_months.shown_from) filter (where shown_months.is_kept) as shown_from,
        min(shown_months.shown_from) as first_shown_from

    from marts.shown_months

    where shown_months.mart = 'fct_account_scores'

    group by shown_months.month

),

versions as (

    select
        scores.month,
        min(scores.scorecard_version) as scorecard_version

    from marts.fct_account_scores as scores

    where scores.scorecard_id = %(scorecard)s

    group by scores.month

)

select
    versions.month,
    versions.scorecard_version,
    shown.shown_from,
    shown.first_shown_from,
    (
        select count(*)
        from generate_series(1, %(longest)s) as months_ahead
        where not exists (
            select 1
            from generate_series(1, months_ahead) as step
            where (versions.month + make_interval(months => step))::date not in (
                select revenue_months.month from revenue_months
            )
        )
    ) as months_after

from versions

left join shown on versions.month = shown.month

order by versions.month
