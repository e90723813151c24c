-- One row per thing that the customer's file notes of an account and that holds for a
-- while: key persons, steps of its buying, branches and competitors' products.
with

key_persons as (

    select * from {{ ref('stg_crm__key_persons') }}

),

buying_steps as (

    select * from {{ ref('stg_crm__buying_steps') }}

),

account_branches as (

    select * from {{ ref('stg_crm__account_branches') }}

),

competitor_products as (

    select * from {{ ref('stg_crm__competitor_products') }}

),

final as (

    select
        system_name,
        account_id,
        'key_person' as relation_kind,
        person_id as relation_id,
        recorded_date as from_date,
        left_date as to_date,
        role = 'decides' as is_decider,
        influence_grade,
        attitude_grade,
        0 as competitor_amount,
        null::date as contract_end_date

    from key_persons

    union all

    select
        system_name,
        account_id,
        'buying_step' as relation_kind,
        step_id as relation_id,
        recorded_date as from_date,
        ended_date as to_date,
        false as is_decider,
        null as influence_grade,
        attitude_grade,
        0 as competitor_amount,
        null as contract_end_date

    from buying_steps

    union all

    select
        system_name,
        account_id,
        'branch' as relation_kind,
        account_branch_id as relation_id,
        recorded_date as from_date,
        closed_date as to_date,
        false as is_decider,
        null as influence_grade,
        null as attitude_grade,
        0 as competitor_amount,
        null as contract_end_date

    from account_branches

    union all

    select
        system_name,
        account_id,
        'competitor_product' as relation_kind,
        competitor_product_id as relation_id,
        recorded_date as from_date,
        ended_date as to_date,
        false as is_decider,
        null as influence_grade,
        null as attitude_grade,
        coalesce(monthly_amount, 0) as competitor_amount,
        contract_end_date

    from competitor_products

)

select * from final
