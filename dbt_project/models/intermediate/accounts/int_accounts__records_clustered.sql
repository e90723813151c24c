-- One row per source record known as of the run, with the account it belongs to.
with

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

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

),

conflicts as (

    select * from {{ ref('int_accounts__components_conflicting') }}

),

-- The weakest edges that lead to no contradiction make the account.
records_placed as (

    select
        records.source_record_id,
        records.system_name,
        records.account_id,
        records.is_only_system,
        records.other_systems,
        records.branch_id,
        records.county_name,
        records.birth_load_id,
        case
            when
                by_evidence.component_id is null
                or evidence_conflicts.component_id is null
                then coalesce(by_evidence.component_id, records.source_record_id)
            when by_key.component_id is null
                then records.source_record_id
            when key_conflicts.component_id is null
                then by_key.component_id
            when by_decision.component_id is null
                then records.source_record_id
            when decision_conflicts.component_id is null
                then by_decision.component_id
            else records.source_record_id
        end as cluster_id

    from records

    {% for strength in ['evidence', 'key', 'decision'] %}
    left join by_{{ strength }}
        on records.source_record_id = by_{{ strength }}.source_record_id

    left join conflicts as {{ strength }}_conflicts
        on
            by_{{ strength }}.component_id = {{ strength }}_conflicts.component_id
            and {{ strength }}_conflicts.edge_strength = '{{ strength }}'
    {% endfor %}

),

-- The senior member landed first; within a load the keys order the records.
members_ranked as (

    select
        records_placed.source_record_id,
        records_placed.system_name,
        records_placed.account_id,
        records_placed.is_only_system,
        records_placed.other_systems,
        records_placed.branch_id,
        records_placed.county_name,
        records_placed.cluster_id,
        row_number() over (
            partition by records_placed.cluster_id
            order by
                records_placed.birth_load_id,
                records_placed.system_name collate "C",
                records_placed.account_id collate "C"
        ) as seniority,
        count(*) over (partition by records_placed.cluster_id) as cluster_size

    from records_placed

),

bonds as (

    select
        pairs_scored.source_record_id_left,
        pairs_scored.source_record_id_right,
        case pairs_scored.match_basis
            when 'steward' then 1
            when 'hard_key' then 2
            when 'exact_name' then 3
            else 4
        end as basis_rank

    from pairs_scored

    inner join members_ranked as left_members
        on pairs_scored.source_record_id_left = left_members.source_record_id

    inner join members_ranked as right_members
        on
            pairs_scored.source_record_id_right = right_members.source_record_id
            and left_members.cluster_id = right_members.cluster_id

    where pairs_scored.verdict in ('steward_merge', 'auto_merge')

),

strongest_bonds as (

    select
        ends.source_record_id,
        min(bonds.basis_rank) as basis_rank

    from bonds

    cross join
        lateral unnest(
            array[bonds.source_record_id_left, bonds.source_record_id_right]
        ) as ends (source_record_id)

    group by ends.source_record_id

),

final as (

    select
        members_ranked.source_record_id,
        members_ranked.system_name,
        members_ranked.account_id,
        members_ranked.is_only_system,
        members_ranked.other_systems,
        {{ group_account_id('seniors.source_record_id') }} as group_account_id,
        members_ranked.branch_id,
        members_ranked.county_name,
        members_ranked.seniority = 1 as is_senior,
        members_ranked.seniority,
        case strongest_bonds.basis_rank
            when 1 then 'steward'
            when 2 then 'hard_key'
            when 3 then 'exact_name'
            when 4 then 'score'
            else 'single'
        end as match_basis,
        members_ranked.cluster_size

    from members_ranked

    inner join members_ranked as seniors
        on
            members_ranked.cluster_id = seniors.cluster_id
            and seniors.seniority = 1

    left join strongest_bonds
        on members_ranked.source_record_id = strongest_bonds.source_record_id

)

select * from final
