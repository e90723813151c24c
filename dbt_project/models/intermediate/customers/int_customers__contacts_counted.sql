-- One row per reported month and account with contacts in the window that the
-- dictionary gives them: how many of each kind.
with

contacts as (

    select * from {{ ref('int_customers__contacts_dated') }}

),

months as (

    select * from {{ ref('stg_jinta__months') }}

),

indicators as (

    select * from {{ ref('indicators') }}

),

windows as (

    select
        max(window_months) filter (where indicator_id = 'related_tasks')
            as task_months,
        max(window_months) filter (where indicator_id = 'complaint_count')
            as feedback_months

    from indicators

),

final as (

    select
        months.month,
        contacts.group_account_id,
        sum(contacts.contacts) filter (
            where contacts.contact_kind = 'task'
        ) as task_count,
        sum(contacts.contacts) filter (
            where contacts.contact_kind = 'process'
        ) as process_count,
        sum(contacts.contacts) filter (
            where contacts.contact_kind = 'praise'
        ) as praise_count,
        sum(contacts.contacts) filter (
            where contacts.contact_kind = 'complaint'
        ) as complaint_count,
        sum(contacts.contacts) filter (
            where contacts.contact_kind = 'suggestion'
        ) as suggestion_count

    from months

    cross join windows

    inner join contacts
        on
            months.month >= contacts.contact_month
            and {{ month_number('months.month') }}
            < {{ month_number('contacts.contact_month') }} + case
                when contacts.contact_kind in ('task', 'process')
                    then windows.task_months
                else windows.feedback_months
            end

    group by months.month, contacts.group_account_id

)

select * from final
