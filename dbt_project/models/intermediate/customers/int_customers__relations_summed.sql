-- One row per reported month and account with anything noted that holds at the month's
-- end.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

relations as (

    select * from {{ ref('int_customers__relations_noted') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

in_force as (

    select
        months.month,
        coalesce(records.group_account_id, 'unidentified-unknown')
            as group_account_id,
        relations.relation_kind,
        relations.is_decider,
        relations.influence_grade,
        relations.attitude_grade,
        relations.competitor_amount,
        relations.contract_end_date

    from months

    inner join relations
        on
            months.month_end_date >= relations.from_date
            and coalesce(months.month_end_date < relations.to_date, true)

    left join records
        on {{ refers_to('relations', 'records', 'account_id') }}

),

final as (

    select
        month,
        group_account_id,
        count(*) filter (where relation_kind = 'key_person')::integer as key_persons,
        count(*) filter (where is_decider)::integer as deciders,
        max(influence_grade) as top_influence_grade,
        min(attitude_grade) filter (where is_decider) as decider_attitude_grade,
        count(*) filter (where relation_kind = 'buying_step')::integer
            as buying_steps,
        min(attitude_grade) filter (where relation_kind = 'buying_step')
            as worst_step_attitude_grade,
        count(*) filter (where relation_kind = 'branch')::integer as account_branches,
        count(*) filter (where relation_kind = 'competitor_product')::integer
            as competitor_products,
        sum(competitor_amount) as competitor_amount,
        min(contract_end_date) as competitor_contract_end_date

    from in_force

    group by month, group_account_id

)

select * from final
