-- Features of the value pyramid (S4-02) and the credit grade (S3-03). The size of the
-- company is its number of employees.
with

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}
    where account_kind = 'account'

),

profiles as (

    select * from {{ ref('int_indicators__profiles_resolved') }}

),

finances as (

    select * from {{ ref('int_indicators__finances_compared') }}
    where is_latest_year

),

grades as (

    select * from {{ ref('int_indicators__features_graded') }}

),

final as (

    select
        accounts.month,
        accounts.group_account_id,
        profiles.registered_capital_amount,
        regions.grade as region_grade,
        coalesce(industries.grade, other_industries.grade) as industry_grade,
        finances.sales_amount as annual_sales_amount,
        profiles.is_listed::integer as is_listed,
        credits.grade as credit_rating_grade

    from accounts

    left join profiles
        on
            accounts.month = profiles.month
            and accounts.group_account_id = profiles.group_account_id

    left join finances
        on
            accounts.month = finances.month
            and accounts.group_account_id = finances.group_account_id

    left join grades as regions
        on
            accounts.month = regions.month
            and regions.feature = 'region_kind'
            and profiles.region_kind = regions.feature_value

    left join grades as credits
        on
            accounts.month = credits.month
            and credits.feature = 'credit_grade'
            and profiles.credit_grade = credits.feature_value

    left join grades as industries
        on
            accounts.month = industries.month
            and industries.feature = 'industry'
            and accounts.industry = industries.feature_value

    -- An industry that the rules don't name is graded like all others of its kind.
    left join grades as other_industries
        on
            accounts.month = other_industries.month
            and other_industries.feature = 'industry'
            and other_industries.feature_value = '*'
            and accounts.industry is not null

)

select * from final
