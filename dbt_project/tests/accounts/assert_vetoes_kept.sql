-- No account holds a pair that must not share one: never-link always, a steward's split
-- unless merges alone join the records, a veto or a link to a head office unless
-- numbers or merges do, and two valid credit codes unless a steward merged them.
with

pairs_scored as (

    select * from {{ ref('int_accounts__pairs_scored') }}

),

clustered as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

by_decision as (

    select * from {{ ref('int_accounts__components_by_decision') }}

),

by_key as (

    select * from {{ ref('int_accounts__components_by_key') }}

),

members as (

    select
        clustered.source_record_id,
        clustered.group_account_id,
        records.credit_code,
        by_key.component_id as key_component_id,
        by_decision.component_id as decision_component_id

    from clustered

    inner join records
        on clustered.source_record_id = records.source_record_id

    left join by_key
        on clustered.source_record_id = by_key.source_record_id

    left join by_decision
        on clustered.source_record_id = by_decision.source_record_id

)

select
    pairs_scored.source_record_id_left,
    pairs_scored.source_record_id_right,
    left_members.group_account_id,
    pairs_scored.verdict as defect

from pairs_scored

inner join members as left_members
    on pairs_scored.source_record_id_left = left_members.source_record_id

inner join members as right_members
    on
        pairs_scored.source_record_id_right = right_members.source_record_id
        and left_members.group_account_id = right_members.group_account_id

where
    pairs_scored.verdict = 'never_link'
    or pairs_scored.verdict = 'steward_split'
    and left_members.decision_component_id
    is distinct from right_members.decision_component_id
    or pairs_scored.verdict in ('veto', 'linked')
    and left_members.key_component_id is distinct from right_members.key_component_id

union all

select
    min(members.source_record_id) as source_record_id_left,
    max(members.source_record_id) as source_record_id_right,
    members.group_account_id,
    'two credit codes' as defect

from members

group by members.group_account_id

having
    count(distinct members.credit_code) > 1
    and count(*) filter (where members.decision_component_id is not null) = 0
