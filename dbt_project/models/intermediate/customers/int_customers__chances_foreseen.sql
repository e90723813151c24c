-- One row per reported month and competitor's product whose contract ends within the
-- days of the rule; one that has ended is no chance any more (S2-16, S2-20).
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

handover_rules as (

    select * from {{ ref('handover_rules') }}

),

competitor_products as (

    select * from {{ ref('stg_crm__competitor_products') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

final as (

    select
        months.month,
        records.group_account_id,
        competitor_products.account_id as account_id_crm,
        true as is_for_owner,
        null as manager_id_charged,
        'competitor' as matter_kind,
        competitor_products.system_name,
        competitor_products.competitor_product_id as matter_id,
        competitor_products.recorded_date as noted_date,
        competitor_products.contract_end_date as due_date,
        competitor_products.monthly_amount as amount,
        concat_ws(
            ' ', competitor_products.competitor_name, competitor_products.product_name
        ) as matter_text,
        null::integer as satisfaction_points,
        null::integer as days_since_visit

    from months

    inner join handover_rules
        on {{ is_rule_in_force('handover_rules', 'months.month') }}

    inner join competitor_products
        on
            months.month_end_date >= competitor_products.recorded_date
            and coalesce(
                months.month_end_date < competitor_products.ended_date, true
            )
            and competitor_products.contract_end_date - months.month_end_date
            between 0 and handover_rules.competitor_contract_days

    left join records
        on {{ refers_to('competitor_products', 'records', 'account_id') }}

)

select * from final
