with

weights as (

    select * from {{ ref('int_scoring__judgements_weighed') }}

),

matrices as (

    select * from {{ ref('ahp_matrices') }}

),

final as (

    select
        weights.ahp_id,
        weights.ahp_version,
        weights.item,
        matrices.name_en as ahp_name,
        matrices.name_zh as ahp_name_zh,
        matrices.valid_from,
        matrices.valid_to,
        weights.items,
        weights.weight,
        weights.weight_pct,
        weights.lambda_max,
        weights.consistency_index,
        weights.random_index,
        weights.consistency_ratio,
        matrices.random_index_source,
        matrices.spec_id

    from weights

    inner join matrices
        on
            weights.ahp_id = matrices.ahp_id
            and weights.ahp_version = matrices.version

)

select * from final
