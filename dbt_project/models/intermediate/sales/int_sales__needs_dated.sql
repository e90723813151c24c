-- Whose each need, resource and difficulty is in each month in which it was open.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

needs as (

    select * from {{ ref('stg_crm__account_needs') }}

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
        needs.system_name,
        needs.need_id,
        attributed.group_account_id,
        -- Whoever has no account yet is told apart by the record, which is one of its
        -- system alone.
        coalesce(
            records.group_account_id,
            'CRM ' || needs.system_name || ' ' || needs.account_id
        ) as group_account_id_named,
        needs.account_id as account_id_crm,
        attributed.branch_id,
        needs.need_kind,
        needs.need_text,
        needs.wants_informatization,
        needs.product_code,
        needs.expected_amount,
        needs.expected_month,
        needs.recorded_date,
        case
            when needs.closed_date <= months.month_end_date then needs.closed_date
        end as closed_date,
        case
            when needs.closed_date <= months.month_end_date then needs.need_result
        end as need_result,
        coalesce(needs.closed_date > months.month_end_date, true) as is_open,
        coalesce(needs.closed_date > months.month_end_date, true)
        and coalesce(needs.expected_month < months.month, false) as is_overdue

    from months

    inner join needs
        on
            months.month_end_date >= needs.recorded_date
            and coalesce(months.month <= needs.closed_date, true)

    left join records
        on {{ refers_to('needs', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
