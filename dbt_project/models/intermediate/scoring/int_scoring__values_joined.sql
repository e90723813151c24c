-- The three values of a customer (S4-12): what it earned, what it will bring, and what
-- the scorecard that the rules name says of it.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

transactions as (

    select * from {{ ref('int_indicators__transactions_measured') }}

),

expected as (

    select * from {{ ref('int_indicators__sales_expected') }}

),

scores as (

    select * from {{ ref('int_scoring__accounts_scored') }}

),

tiers as (

    select * from {{ ref('int_scoring__tiers_overridden') }}

),

rules as (

    select * from {{ ref('value_type_rules') }}

),

cards as (

    select distinct
        accounts.month,
        rules.scorecard_id

    from accounts

    inner join rules
        on {{ is_rule_in_force('rules', 'accounts.month') }}

),

models as (

    select
        scores.month,
        scores.group_account_id,
        scores.scorecard_id,
        round(scores.total_points / 100.0, 2) as model_value_score,
        tiers.effective_tier as model_value_tier

    from scores

    inner join cards
        on
            scores.month = cards.month
            and scores.scorecard_id = cards.scorecard_id

    inner join tiers
        on
            scores.scorecard_id = tiers.scorecard_id
            and scores.month = tiers.month
            and scores.group_account_id = tiers.group_account_id

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        accounts.is_active and accounts.is_identified as is_typed,
        transactions.transaction_margin_amount as established_value_amount,
        expected.agreement_amount,
        expected.opportunity_amount,
        expected.expected_sales_amount as potential_value_amount,
        models.model_value_score,
        models.model_value_tier,
        transactions.transaction_days,
        transactions.first_transaction_date,
        transactions.last_transaction_date

    from accounts

    left join transactions
        on
            accounts.month = transactions.month
            and accounts.group_account_id = transactions.group_account_id

    left join expected
        on
            accounts.month = expected.month
            and accounts.group_account_id = expected.group_account_id

    left join models
        on
            accounts.month = models.month
            and accounts.group_account_id = models.group_account_id

)

select * from final
