with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

solution_uses as (

    select * from {{ ref('stg_crm__solution_uses') }}

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
        solution_uses.system_name,
        solution_uses.solution_id,
        solution_uses.account_id as account_id_crm,
        solution_uses.used_date,
        attributed.group_account_id,
        solution_uses.use_result

    from months

    inner join solution_uses
        on months.month = date_trunc('month', solution_uses.used_date)

    left join records
        on {{ refers_to('solution_uses', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
