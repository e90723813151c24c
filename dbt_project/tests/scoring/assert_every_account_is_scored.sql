-- Each account of a month has one row of indicators, and one score per scorecard valid
-- in the month for its kind: accounts and prospects are never in one ranking (S3-02).
-- Nothing else has any.
with

accounts as (

    select * from {{ ref('dim_group_accounts') }}

),

indicators as (

    select * from {{ ref('fct_account_indicators') }}

),

scores as (

    select * from {{ ref('fct_account_scores') }}

),

cards as (

    select * from {{ ref('int_scoring__versions_selected') }}

),

expected as (

    select
        accounts.month,
        accounts.group_account_id,
        cards.scorecard_id

    from accounts

    left join cards
        on
            accounts.month = cards.month
            and accounts.account_kind = cards.subject

)

select
    coalesce(expected.month, scores.month, indicators.month) as month,
    coalesce(
        expected.group_account_id,
        scores.group_account_id,
        indicators.group_account_id
    ) as group_account_id,
    scores.scorecard_id,
    indicators.group_account_id is not null as has_indicators

from expected

full join scores
    on
        expected.month = scores.month
        and expected.group_account_id = scores.group_account_id
        and expected.scorecard_id = scores.scorecard_id

full join indicators
    on
        expected.month = indicators.month
        and expected.group_account_id = indicators.group_account_id

where
    expected.group_account_id is null
    -- A month may be older than every scorecard.
    or (scores.group_account_id is null and expected.scorecard_id is not null)
    or indicators.group_account_id is null
