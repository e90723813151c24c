-- Whose lead a step is about: a customer's record or a prospect, named by a bare key
-- that only one system may have.
with

updates as (

    select * from {{ ref('stg_jinta__lead_updates') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

prospects as (

    select * from {{ ref('int_accounts__prospects_clustered') }}

),

named as (

    select
        account_id,
        group_account_id

    from records

    where is_only_system

    union all

    select
        prospects.prospect_id as account_id,
        min(prospects.group_account_id) as group_account_id

    from prospects

    left join records
        on prospects.prospect_id = records.account_id

    where records.account_id is null

    group by prospects.prospect_id

    having count(*) = 1

),

final as (

    select
        updates.update_id,
        updates.lead_rule_id,
        named.group_account_id,
        updates.update_kind,
        updates.lead_status,
        updates.outcome,
        updates.feedback,
        updates.case_title,
        updates.lesson,
        updates.assigned_to,
        updates.due_date,
        updates.updated_at

    from updates

    inner join named
        on updates.account_id = named.account_id

)

select * from final
