-- What the best customers are like, and from which feature on others are like them.
with

counted as (

    select * from {{ ref('int_scoring__look_alike_values_counted') }}

),

final as (

    select
        month,
        feature,
        value as feature_value,
        accounts,
        best_accounts,
        all_accounts,
        all_best_accounts,
        lift,
        points,
        counts_in

    from counted

)

select * from final
