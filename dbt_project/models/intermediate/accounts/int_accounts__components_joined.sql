-- One row per strength of edges and source record that such edges join to others: its
-- component, and the unit that stronger edges alone make of it.
with

by_decision as (

    select * from {{ ref('int_accounts__components_by_decision') }}

),

by_key as (

    select * from {{ ref('int_accounts__components_by_key') }}

),

by_evidence as (

    select * from {{ ref('int_accounts__components_by_evidence') }}

),

final as (

    select
        by_decision.source_record_id,
        'decision' as edge_strength,
        by_decision.component_id,
        by_decision.component_id as unit_id

    from by_decision

    union all

    select
        by_key.source_record_id,
        'key' as edge_strength,
        by_key.component_id,
        coalesce(by_decision.component_id, by_key.source_record_id) as unit_id

    from by_key

    left join by_decision
        on by_key.source_record_id = by_decision.source_record_id

    union all

    select
        by_evidence.source_record_id,
        'evidence' as edge_strength,
        by_evidence.component_id,
        coalesce(by_key.component_id, by_evidence.source_record_id) as unit_id

    from by_evidence

    left join by_key
        on by_evidence.source_record_id = by_key.source_record_id

)

select * from final
