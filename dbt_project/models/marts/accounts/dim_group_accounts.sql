with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        accounts.account_kind,
        accounts.account_name,
        accounts.normalised_name,
        accounts.brand_word,
        accounts.branch_id,
        accounts.county_name,
        accounts.initial_class,
        accounts.industry,
        accounts.ownership,
        accounts.credit_code,
        accounts.employees,
        accounts.informatization_level,
        accounts.signed_date,
        accounts.former_grade,
        accounts.manager_id,
        accounts.has_oa,
        accounts.competitor_share_pct,
        accounts.competitor_offer,
        accounts.created_date,
        accounts.closed_date,
        accounts.parent_group_account_id,
        accounts.is_active,
        accounts.is_identified,
        accounts.record_count,
        accounts.has_needs_informatization,
        accounts.influence_grade,
        accounts.tax_rank,
        accounts.is_earliest_known,
        accounts.attributes_as_of_date,
        accounts.survivorship

    from accounts

)

select * from final
