-- What people assess holds from its day to the last day it was given for; of several
-- the latest counts. Each row says who, when, why and until when.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

assessments as (

    select * from {{ ref('stg_crm__assessments') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

prospects as (

    select * from {{ ref('int_accounts__prospects_clustered') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

addressed as (

    select
        assessments.system_name,
        assessments.assessment_id,
        coalesce(records.group_account_id, prospects.group_account_id)
            as group_account_id,
        assessments.item,
        assessments.points,
        assessments.assessed_by,
        assessments.assessed_date,
        assessments.expires_date,
        assessments.reason

    from assessments

    left join records
        on {{ refers_to('assessments', 'records', 'account_id') }}

    left join prospects
        on
            assessments.prospect_id = prospects.prospect_id
            and assessments.system_name = prospects.system_name
            and assessments.account_id is null

),

-- The order is total: assessments of one day go by their key, the later one first.
ranked as (

    select
        months.month,
        addressed.group_account_id,
        accounts.account_kind,
        addressed.item,
        addressed.assessment_id,
        addressed.points,
        addressed.assessed_by,
        addressed.assessed_date,
        addressed.expires_date,
        addressed.reason,
        row_number() over (
            partition by months.month, addressed.group_account_id, addressed.item
            order by
                addressed.assessed_date desc,
                addressed.assessment_id collate "C" desc,
                addressed.system_name collate "C" desc
        ) as row_number

    from months

    inner join addressed
        on
            months.month_end_date >= addressed.assessed_date
            and months.month_end_date <= addressed.expires_date

    inner join accounts
        on
            months.month = accounts.month
            and addressed.group_account_id = accounts.group_account_id

),

final as (

    select
        month,
        group_account_id,
        account_kind,
        item,
        assessment_id,
        points,
        assessed_by,
        assessed_date,
        expires_date,
        reason

    from ranked

    where row_number = 1

)

select * from final
