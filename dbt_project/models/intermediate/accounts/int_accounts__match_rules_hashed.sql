-- One row: a hash of the limits and weights that two records are compared by.
with

limits as (

    select * from {{ ref('int_accounts__limits_pivoted') }}

),

final as (

    select
        md5(concat_ws(
            ' ', (to_jsonb(limits) - 'as_of_date')::text, {{ code_hash() }}
        )) as rules_hash

    from limits

)

select * from final
