-- One row per component of records that holds a pair which must not share an account,
-- by the strength of the edges that make the component (design decision 6).
with

records as (

    select * from {{ ref('int_accounts__records_current') }}

),

pairs_scored as (

    select * from {{ ref('int_accounts__pairs_scored') }}

),

memberships as (

    select * from {{ ref('int_accounts__components_joined') }}

),

-- What stronger edges already hold together is one unit: it contradicts others, not
-- itself. Where its members differ it says nothing.
units as (

    select
        memberships.edge_strength,
        memberships.component_id,
        memberships.unit_id,
        {%- for attribute in [
            'number_words', 'name_county_stem', 'organ_type', 'legal_form', 'office'
        ] %}
        case
            when min(records.{{ attribute }}) = max(records.{{ attribute }})
                then min(records.{{ attribute }})
        end as {{ attribute }},
        {%- endfor %}
        min(records.credit_code) as credit_code,
        min(records.organisation_code) as organisation_code

    from memberships

    inner join records
        on memberships.source_record_id = records.source_record_id

    group by
        memberships.edge_strength,
        memberships.component_id,
        memberships.unit_id

),

contradicting_units as (

    select
        units.edge_strength,
        units.component_id,
        case
            when min(units.credit_code) <> max(units.credit_code)
                or min(units.organisation_code) <> max(units.organisation_code)
                then 'code'
            else 'name'
        end as reason

    from units

    group by
        units.edge_strength,
        units.component_id

    having
        min(units.credit_code) <> max(units.credit_code)
        or min(units.organisation_code) <> max(units.organisation_code)
        or units.edge_strength = 'evidence'
        and (
            {%- for attribute in [
                'number_words', 'name_county_stem', 'organ_type', 'legal_form', 'office'
            ] %}
            {{ 'or ' if not loop.first -}}
            min(units.{{ attribute }}) <> max(units.{{ attribute }})
            {%- endfor %}
        )

),

contradicting_pairs as (

    select distinct
        left_members.edge_strength,
        left_members.component_id,
        pairs_scored.verdict as reason

    from pairs_scored

    inner join memberships as left_members
        on pairs_scored.source_record_id_left = left_members.source_record_id

    inner join memberships as right_members
        on
            pairs_scored.source_record_id_right = right_members.source_record_id
            and left_members.edge_strength = right_members.edge_strength
            and left_members.component_id = right_members.component_id

    where
        pairs_scored.verdict = 'never_link'
        or pairs_scored.verdict = 'steward_split'
        and left_members.edge_strength <> 'decision'
        or pairs_scored.verdict in ('veto', 'linked')
        and left_members.edge_strength = 'evidence'
        and left_members.unit_id <> right_members.unit_id

),

final as (

    select
        conflicts.edge_strength,
        conflicts.component_id,
        string_agg(distinct conflicts.reason, ' ' order by conflicts.reason) as reasons

    from (
        select
            contradicting_units.edge_strength,
            contradicting_units.component_id,
            contradicting_units.reason

        from contradicting_units

        union all

        select
            contradicting_pairs.edge_strength,
            contradicting_pairs.component_id,
            contradicting_pairs.reason

        from contradicting_pairs
    ) as conflicts

    group by
        conflicts.edge_strength,
        conflicts.component_id

)

select * from final
