-- One row per account that is a branch of another one, with its head office.
with recursive

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

clustered as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

members as (

    select
        clustered.group_account_id,
        clustered.seniority,
        records.system_name,
        records.account_id,
        records.is_only_system,
        records.other_systems,
        records.branch_id,
        records.head_account_id,
        records.head_part,
        records.core_name,
        records.name_place,
        records.branch_marker

    from records

    inner join clustered
        on records.source_record_id = clustered.source_record_id

),

heads_named as (

    select
        members.core_name,
        min(members.group_account_id) as group_account_id,
        min(members.name_place) as name_place

    from members

    where members.branch_marker is null

    group by members.core_name

    -- A name that several accounts bear tells no head office.
    having count(distinct members.group_account_id) = 1

),

links as (

    select
        members.group_account_id,
        heads.group_account_id as parent_group_account_id,
        1 as link_rank,
        members.seniority

    from members

    inner join members as heads
        on
            {{ refers_to(
                'members', 'heads', 'account_id', reference_key='head_account_id'
            ) }}

    union all

    select
        members.group_account_id,
        heads_named.group_account_id as parent_group_account_id,
        2 as link_rank,
        members.seniority

    from members

    inner join heads_named
        on
            members.head_part = heads_named.core_name
            -- 工商银行姚安 is the 姚安支行 by a short name, not its head office.
            and coalesce(members.name_place <> heads_named.name_place, true)

),

-- What the CRM states comes before what the name says, the senior record before others.
links_ranked as (

    select
        links.group_account_id,
        links.parent_group_account_id,
        row_number() over (
            partition by links.group_account_id
            order by
                links.link_rank, links.seniority, links.parent_group_account_id
        ) as parent_rank

    from links

    where links.group_account_id <> links.parent_group_account_id

),

parents as (

    select
        links_ranked.group_account_id,
        links_ranked.parent_group_account_id

    from links_ranked

    where links_ranked.parent_rank = 1

),

-- Every account above an account; `union` ends the ascent where it comes round.
ascents (group_account_id, ancestor_id) as (

    select
        parents.group_account_id,
        parents.parent_group_account_id as ancestor_id

    from parents

    union

    select
        ascents.group_account_id,
        parents.parent_group_account_id as ancestor_id

    from ascents

    inner join parents
        on ascents.ancestor_id = parents.group_account_id

),

-- Accounts that stand above each other can not all be right: the one named lowest
-- is the head of the others.
ring_heads as (

    select ascents.group_account_id

    from ascents

    group by ascents.group_account_id

    having
        bool_or(ascents.ancestor_id = ascents.group_account_id)
        and min(ascents.ancestor_id) = ascents.group_account_id

),

final as (

    select
        parents.group_account_id,
        parents.parent_group_account_id

    from parents

    left join ring_heads
        on parents.group_account_id = ring_heads.group_account_id

    where ring_heads.group_account_id is null

)

select * from final
