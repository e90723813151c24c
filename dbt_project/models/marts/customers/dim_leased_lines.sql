with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

leased_lines as (

    select * from {{ ref('stg_ledger__leased_lines') }}

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
        leased_lines.system_name,
        leased_lines.circuit_id,
        attributed.group_account_id,
        leased_lines.account_id as account_id_crm,
        leased_lines.product_code,
        leased_lines.bandwidth_mbps,
        leased_lines.monthly_rent,
        leased_lines.installed_date,
        leased_lines.removed_date,
        coalesce(leased_lines.removed_date > months.month_end_date, true)
            as is_in_service

    from months

    -- What the ledger no longer lists is not told of.
    inner join leased_lines
        on
            months.month_end_date >= leased_lines.known_from_date
            and months.month_end_date < leased_lines.next_known_from_date
            and months.month_end_date < leased_lines.known_to_date
            and months.month_end_date >= leased_lines.installed_date
            and coalesce(months.month <= leased_lines.removed_date, true)

    left join records
        on {{ refers_to('leased_lines', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
