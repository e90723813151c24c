{#
    Connected components by pointer jumping: CTEs that end in `components`, one row per
    node that has an edge, with the component's smallest node.

    Each round every root hooks onto its smallest neighbour, pointers jump twice, and
    the edges that are left join the new roots. A chain shrinks to a fourth per round
    or faster, so eight rounds settle any graph of 65,000 links in a row; the test
    `assert_components_converged` stops the run if one was longer.

    Arguments:
        edges: CTE with `source_record_id_left` and `source_record_id_right`.
        rounds: number of rounds, fixed.
#}
{% macro connected_components(edges, rounds=8) -%}
edges_0 as (

    select
        {{ edges }}.source_record_id_left as node,
        {{ edges }}.source_record_id_right as neighbour

    from {{ edges }}

    union

    select
        {{ edges }}.source_record_id_right as node,
        {{ edges }}.source_record_id_left as neighbour

    from {{ edges }}

),
{% for round in range(1, rounds + 1) %}
hooks_{{ round }} as {{ computed_once() }} (

    select
        edges_{{ round - 1 }}.node,
        least(
            edges_{{ round - 1 }}.node, min(edges_{{ round - 1 }}.neighbour)
        ) as parent

    from edges_{{ round - 1 }}

    group by edges_{{ round - 1 }}.node

),

jumps_{{ round }} as {{ computed_once() }} (

    select
        hooks.node,
        parents.parent

    from hooks_{{ round }} as hooks

    inner join hooks_{{ round }} as parents
        on hooks.parent = parents.node

),

roots_{{ round }} as {{ computed_once() }} (

    select
        jumps.node,
        parents.parent as root

    from jumps_{{ round }} as jumps

    inner join jumps_{{ round }} as parents
        on jumps.parent = parents.node

),

edges_{{ round }} as {{ computed_once() }} (

    select distinct
        node_roots.root as node,
        neighbour_roots.root as neighbour

    from edges_{{ round - 1 }}

    inner join roots_{{ round }} as node_roots
        on edges_{{ round - 1 }}.node = node_roots.node

    inner join roots_{{ round }} as neighbour_roots
        on edges_{{ round - 1 }}.neighbour = neighbour_roots.node

    where node_roots.root <> neighbour_roots.root

),
{% endfor %}
components as (

    select
        roots_1.node as source_record_id,
        coalesce(
            {%- for round in range(rounds, 0, -1) %}
            roots_{{ round }}.root{{ ',' if not loop.last }}
            {%- endfor %}
        ) as component_id

    from roots_1
    {% for round in range(2, rounds + 1) %}
    left join roots_{{ round }}
        on roots_{{ round - 1 }}.root = roots_{{ round }}.node
    {% endfor %}
)
{%- endmacro %}
