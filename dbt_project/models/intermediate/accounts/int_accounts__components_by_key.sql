-- One row per source record that a steward's merge or a shared number joins to another.
with

pairs_scored as (

    select * from {{ ref('int_accounts__pairs_scored') }}

),

edges as (

    select
        pairs_scored.source_record_id_left,
        pairs_scored.source_record_id_right

    from pairs_scored

    where
        pairs_scored.verdict = 'steward_merge'
        or pairs_scored.verdict = 'auto_merge'
        and pairs_scored.match_basis = 'hard_key'

),

{{ connected_components('edges') }},

final as (

    select
        components.source_record_id,
        components.component_id

    from components

)

select * from final
