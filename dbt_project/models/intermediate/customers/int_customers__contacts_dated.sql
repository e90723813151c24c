-- One row per account, kind of contact and month: tasks and processes by the month they
-- were opened in, praise, complaints and suggestions by the month they came in.
with

tasks as (

    select * from {{ ref('stg_crm__tasks') }}

),

feedback as (

    select * from {{ ref('stg_crm__feedback') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

contacts as (

    select
        tasks.system_name,
        tasks.account_id,
        tasks.task_kind as contact_kind,
        date_trunc('month', tasks.opened_date)::date as contact_month

    from tasks

    union all

    select
        feedback.system_name,
        feedback.account_id,
        feedback.feedback_kind as contact_kind,
        feedback.feedback_month as contact_month

    from feedback

),

final as (

    select
        coalesce(records.group_account_id, 'unidentified-unknown') as group_account_id,
        contacts.contact_kind,
        contacts.contact_month,
        count(*) as contacts

    from contacts

    left join records
        on {{ refers_to('contacts', 'records', 'account_id') }}

    group by
        coalesce(records.group_account_id, 'unidentified-unknown'),
        contacts.contact_kind,
        contacts.contact_month

)

select * from final
