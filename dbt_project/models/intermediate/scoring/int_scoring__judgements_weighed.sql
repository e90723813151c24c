-- Pairwise judgements become weights: the principal eigenvector of the reciprocal
-- matrix, its eigenvalue, and how consistent the judgements are (S4-03, A.6.4).
with

matrices as (

    select * from {{ ref('ahp_matrices') }}

),

powered as (

    select * from {{ ref('int_scoring__judgements_powered') }}

),

weights as (

    select
        ahp_id,
        version,
        item,
        sum(power_entry) as weight,
        count(*) over (partition by ahp_id, version) as items

    from powered

    group by ahp_id, version, item

),

-- The eigenvalue is by what the matrix stretches the vector: the mean over the items.
stretched as (

    select
        powered.ahp_id,
        powered.version,
        powered.item,
        round(sum(powered.entry * others.weight) / min(own.weight), 30) as stretch

    from powered

    inner join weights as others
        on
            powered.ahp_id = others.ahp_id
            and powered.version = others.version
            and powered.other_item = others.item

    inner join weights as own
        on
            powered.ahp_id = own.ahp_id
            and powered.version = own.version
            and powered.item = own.item

    group by powered.ahp_id, powered.version, powered.item

),

eigenvalues as (

    select
        ahp_id,
        version,
        round(avg(stretch), 12) as lambda_max

    from stretched

    group by ahp_id, version

),

-- Whole per cents that sum to 100: the largest remainders are rounded up.
shared as (

    select
        *,
        floor(100 * weight) as whole_pct,
        row_number() over (
            partition by ahp_id, version
            order by 100 * weight - floor(100 * weight) desc, weight desc, item asc
        ) as remainder_rank,
        100 - sum(floor(100 * weight)) over (partition by ahp_id, version) as rest_pct

    from weights

),

final as (

    select
        shared.ahp_id,
        shared.version as ahp_version,
        shared.item,
        shared.items::integer as items,
        round(shared.weight, 12) as weight,
        shared.whole_pct::integer
        + (shared.remainder_rank <= shared.rest_pct)::integer as weight_pct,
        eigenvalues.lambda_max,
        round(
            (eigenvalues.lambda_max - shared.items) / nullif(shared.items - 1, 0), 12
        ) as consistency_index,
        matrices.random_index,
        -- Two items can't contradict each other; what has no index isn't consistent.
        case
            when shared.items < 3 then 0
            when matrices.random_index > 0
                then
                    round(
                        (eigenvalues.lambda_max - shared.items)
                        / (shared.items - 1)
                        / matrices.random_index,
                        12
                    )
        end as consistency_ratio

    from shared

    inner join eigenvalues
        on
            shared.ahp_id = eigenvalues.ahp_id
            and shared.version = eigenvalues.version

    inner join matrices
        on
            shared.ahp_id = matrices.ahp_id
            and shared.version = matrices.version

)

select * from final
