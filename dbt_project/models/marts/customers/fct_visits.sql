with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

visits as (

    select * from {{ ref('stg_crm__visits') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        months.month,
        visits.system_name,
        visits.visit_id,
        visits.visited_date,
        attributed.group_account_id,
        visits.account_id as account_id_crm,
        visits.manager_id,
        visits.person_id,
        visits.visit_purpose,
        visits.visit_summary,
        visits.next_step,
        visits.next_step_date

    from months

    inner join visits
        on months.month = visits.visit_month

    left join records
        on {{ refers_to('visits', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
