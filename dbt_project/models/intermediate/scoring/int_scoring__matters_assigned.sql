-- One row per reported month, manager and matter that presses. What concerns an account
-- is on the list of whoever owns it; a task or a promise is on that of whoever is in
-- charge of it, too.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

grades as (

    select * from {{ ref('int_scoring__grades_collected') }}

),

-- All have the same columns in the same order.
matters as (

    select * from {{ ref('int_customers__care_awaited') }}

    union all

    select * from {{ ref('int_customers__promises_given') }}

    union all

    select * from {{ ref('int_customers__renewals_foreseen') }}

    union all

    select * from {{ ref('int_customers__chances_foreseen') }}

    union all

    select * from {{ ref('int_customers__arrears_listed') }}

    union all

    select * from {{ ref('int_scoring__accounts_neglected') }}

),

owned as (

    select
        accounts.month,
        accounts.group_account_id,
        accounts.account_name,
        accounts.branch_id,
        accounts.is_active,
        accounts.is_identified,
        -- What nobody owns is a list of its branch.
        coalesce(
            accounts.manager_id, 'none-' || coalesce(accounts.branch_id, 'unknown')
        ) as manager_id,
        coalesce(grades.is_top_tier, false) as is_top_tier

    from accounts

    left join grades
        on
            accounts.month = grades.month
            and accounts.group_account_id = grades.group_account_id

),

final as (

    select
        matters.month,
        lists.manager_id,
        matters.matter_kind,
        matters.system_name,
        matters.matter_id,
        coalesce(matters.group_account_id, 'unidentified-unknown') as group_account_id,
        matters.account_id_crm,
        coalesce(owned.account_name, 'CRM ' || matters.account_id_crm) as account_name,
        owned.branch_id,
        lists.is_own_account,
        coalesce(owned.is_top_tier, false) as is_top_tier,
        matters.noted_date,
        matters.due_date,
        matters.amount,
        matters.matter_text,
        matters.satisfaction_points,
        matters.days_since_visit

    from matters

    left join owned
        on
            matters.month = owned.month
            and matters.group_account_id = owned.group_account_id

    cross join
        lateral (
            values
            (
                case
                    when matters.is_for_owner and owned.is_identified
                        then owned.manager_id
                end,
                true
            ),
            (nullif(matters.manager_id_charged, owned.manager_id), false)
        ) as lists (manager_id, is_own_account)

    -- Nobody keeps a promise to a closed account, finishes its task or offers anything.
    where
        lists.manager_id is not null
        and (
            owned.is_active is not false
            or matters.matter_kind not in ('task', 'promise', 'competitor')
        )

)

select * from final
