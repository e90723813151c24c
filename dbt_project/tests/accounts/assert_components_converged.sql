-- Guards the fixed number of rounds in `connected_components`: an edge whose ends lie
-- in different components means that the rounds did not suffice.
with

pairs_scored as (

    select * from {{ ref('int_accounts__pairs_scored') }}

),

by_decision as (

    select * from {{ ref('int_accounts__components_by_decision') }}

),

by_key as (

    select * from {{ ref('int_accounts__components_by_key') }}

),

by_evidence as (

    select * from {{ ref('int_accounts__components_by_evidence') }}

)

{% for strength, edge in [
    ('decision', "pairs_scored.verdict = 'steward_merge'"),
    (
        'key',
        "(pairs_scored.verdict = 'steward_merge' or pairs_scored.verdict = 'auto_merge'"
        ~ " and pairs_scored.match_basis = 'hard_key')",
    ),
    ('evidence', "pairs_scored.verdict in ('steward_merge', 'auto_merge')"),
] %}
select
    '{{ strength }}' as edge_strength,
    pairs_scored.source_record_id_left,
    pairs_scored.source_record_id_right

from pairs_scored

left join by_{{ strength }} as left_members
    on pairs_scored.source_record_id_left = left_members.source_record_id

left join by_{{ strength }} as right_members
    on pairs_scored.source_record_id_right = right_members.source_record_id

where
    {{ edge }}
    and left_members.component_id is distinct from right_members.component_id
{{ 'union all' if not loop.last }}
{% endfor %}
