-- One row per found pair of source records: a key of all that its score depends on, and
-- whether a pair of this content was scored before (F16).
with

pairs_found as (

    select * from {{ ref('int_accounts__pairs_found') }}

),

names_listed as (

    select * from {{ ref('int_accounts__names_listed') }}

),

evidence as (

    select * from {{ ref('int_accounts__evidence_collected') }}

),

rules as (

    select * from {{ ref('int_accounts__match_rules_hashed') }}

),

pairs_remembered as (

    select * from {{ ref('stg_cache__pairs_scored') }}

),

pairs_keyed as (

    select
        pairs_found.source_record_id_left,
        pairs_found.source_record_id_right,
        pairs_found.name_number_left,
        pairs_found.name_number_right,
        pairs_found.name_overlap,
        pairs_found.is_telling,
        pairs_found.hard_keys,
        pairs_found.decision_kind,
        {{ content_key([
            'rules.rules_hash', 'left_names.content_key', 'right_names.content_key',
            'left_evidence.content_key', 'right_evidence.content_key',
            'pairs_found.name_overlap', 'pairs_found.is_telling',
            'pairs_found.hard_keys', 'pairs_found.decision_kind',
        ]) }} as content_key

    from pairs_found

    {% for side in ['left', 'right'] %}
    left join names_listed as {{ side }}_names
        on pairs_found.name_number_{{ side }} = {{ side }}_names.name_number

    inner join evidence as {{ side }}_evidence
        on
            pairs_found.source_record_id_{{ side }}
            = {{ side }}_evidence.source_record_id
    {% endfor %}

    cross join rules

),

final as (

    select
        pairs_keyed.source_record_id_left,
        pairs_keyed.source_record_id_right,
        pairs_keyed.name_number_left,
        pairs_keyed.name_number_right,
        pairs_keyed.name_overlap,
        pairs_keyed.is_telling,
        pairs_keyed.hard_keys,
        pairs_keyed.decision_kind,
        pairs_keyed.content_key,
        pairs_remembered.content_key is not null as is_known

    from pairs_keyed

    left join pairs_remembered
        on pairs_keyed.content_key = pairs_remembered.content_key

)

select * from final
