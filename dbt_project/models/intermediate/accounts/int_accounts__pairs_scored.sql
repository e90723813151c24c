-- One row per found pair of source records with its score and what the pair alone says,
-- weighed now or before.
with

pairs_signed as (

    select * from {{ ref('int_accounts__pairs_signed') }}

),

pairs_weighed as (

    select * from {{ ref('int_accounts__pairs_weighed') }}

),

pairs_remembered as (

    select * from {{ ref('stg_cache__pairs_scored') }}

),

final as (

    select
        pairs_signed.source_record_id_left,
        pairs_signed.source_record_id_right,
        coalesce(pairs_weighed.score, pairs_remembered.score) as score,
        coalesce(pairs_weighed.verdict, pairs_remembered.verdict) as verdict,
        coalesce(pairs_weighed.match_basis, pairs_remembered.match_basis)
            as match_basis,
        coalesce(pairs_weighed.evidence, pairs_remembered.evidence) as evidence

    from pairs_signed

    left join pairs_weighed
        on
            pairs_signed.source_record_id_left = pairs_weighed.source_record_id_left
            and pairs_signed.source_record_id_right
            = pairs_weighed.source_record_id_right

    left join pairs_remembered
        on
            pairs_signed.content_key = pairs_remembered.content_key
            and pairs_signed.is_known

)

select * from final
