with

prospects as (

    select * from {{ ref('int_accounts__prospects_mastered') }}

),

final as (

    select
        month,
        group_account_id,
        prospect_name,
        branch_id,
        county_name,
        industry,
        enterprise_nature,
        credit_code,
        employees,
        asset_amount,
        turnover_amount,
        turnover_before_amount,
        manager_id,
        created_date,
        closed_date,
        converted_group_account_id,
        conversion_basis,
        is_active,
        record_count

    from prospects

)

select * from final
