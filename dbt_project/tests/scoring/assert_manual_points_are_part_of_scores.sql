-- Managers' sums are those of their accounts, whose points are part of the total.
with

accounts as (

    select * from {{ ref('fct_subjectivity') }}

),

managers as (

    select * from {{ ref('fct_manager_subjectivity') }}

),

scores as (

    select * from {{ ref('fct_account_scores') }}

),

summed as (

    select
        accounts.scorecard_id,
        accounts.month,
        accounts.manager_id,
        count(*) as accounts,
        sum(accounts.manual_points) as manual_points,
        sum(scores.total_points) as total_points,
        bool_or(
            accounts.manual_points > accounts.most_manual_points
            or accounts.manual_points > scores.total_points
        ) as is_impossible

    from accounts

    inner join scores
        on
            accounts.scorecard_id = scores.scorecard_id
            and accounts.month = scores.month
            and accounts.group_account_id = scores.group_account_id

    where accounts.manager_id is not null

    group by accounts.scorecard_id, accounts.month, accounts.manager_id

)

select
    coalesce(summed.scorecard_id, managers.scorecard_id) as scorecard_id,
    coalesce(summed.month, managers.month) as month,
    coalesce(summed.manager_id, managers.manager_id) as manager_id,
    summed.accounts as summed_accounts,
    managers.accounts,
    summed.manual_points as summed_manual_points,
    managers.manual_points,
    summed.total_points as summed_total_points,
    managers.total_points

from summed

full join managers
    on
        summed.scorecard_id = managers.scorecard_id
        and summed.month = managers.month
        and summed.manager_id = managers.manager_id

where
    summed.is_impossible
    or summed.accounts is distinct from managers.accounts
    or summed.manual_points is distinct from managers.manual_points
    or summed.total_points is distinct from managers.total_points
