-- One row per reported month, manager and matter that presses. What concerns an account
-- is on the list of whoever owns it; a task or a promise is on that of whoever is in
-- charge of it, too. Who left reads no list: the account's owner does, else its branch.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

grades as (

    select * from {{ ref('int_scoring__grades_collected') }}

),

managers_left as (

    select * from {{ ref('int_customers__managers_posted') }}
    where not is_in_post

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
        accounts.manager_id,
        managers_left.manager_id as manager_id_left,
        -- What nobody owns, or who left, is a list of its branch. Who is on no list of
        -- managers is not known to have left.
        case
            when accounts.manager_id is null or managers_left.manager_id is not null
                then 'none-' || coalesce(accounts.branch_id, 'unknown')
            else accounts.manager_id
        end as list_id,
        coalesce(grades.is_top_tier, false) as is_top_tier

    from accounts

    left join grades
        on
            accounts.month = grades.month
            and accounts.group_account_id = grades.group_account_id

    left join managers_left
        on
            accounts.month = managers_left.month
            and accounts.manager_id = managers_left.manager_id

),

final as (

    select
        matters.month,
        lists.manager_id,
        lists.manager_id_left,
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

    left join managers_left
        on
            matters.month = managers_left.month
            and matters.manager_id_charged = managers_left.manager_id

    -- Of who left, what concerns an account is on its list alone. What is not for the
    -- owner as such, a promise that others visited after, may be the owner's own.
    cross join
        lateral (
            values
            (
                case
                    when
                        owned.is_identified
                        and (
                            matters.is_for_owner
                            or managers_left.manager_id is not null
                        )
                        then owned.list_id
                end,
                true,
                owned.manager_id_left
            ),
            (
                case
                    when managers_left.manager_id is not null
                        then
                            case
                                when owned.is_identified is not true
                                    then
                                        'none-' || coalesce(owned.branch_id, 'unknown')
                            end
                    when matters.is_for_owner
                        then nullif(matters.manager_id_charged, owned.manager_id)
                    else matters.manager_id_charged
                end,
                coalesce(
                    not matters.is_for_owner
                    and matters.manager_id_charged = owned.manager_id
                    and managers_left.manager_id is null,
                    false
                ),
                managers_left.manager_id
            )
        ) as lists (manager_id, is_own_account, manager_id_left)

    -- Nobody keeps a promise to a closed account, finishes its task or offers anything.
    where
        lists.manager_id is not null
        and (
            owned.is_active is not false
            or matters.matter_kind not in ('task', 'promise', 'competitor')
        )

)

select * from final
