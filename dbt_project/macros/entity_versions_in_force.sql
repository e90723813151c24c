{#
    One row per key and month: the version of an entity in force at the end of the
    month, else the earliest version known (`is_earliest_known`), and the last one
    once the source no longer lists it (`is_removed`). Every key has exactly one row
    in every month, so that what refers to it resolves.

    Arguments:
        versions: CTE of row versions with `_first_load_id`, `_first_as_of` and
            `_last_as_of` as landed.
        months: CTE with `month` and `month_end_date`.
        key: columns that name the entity, `_system` or its alias among them.
        columns: further columns of `versions` to return.

    Two versions of the same day are told apart by their load; only the later one
    is ever in force.
#}
{% macro entity_versions_in_force(versions, months, key, columns) -%}
    select
        {{ months }}.month,
        {{ months }}.month_end_date,
        {% for column in key + columns -%}
        spans.{{ column }},
        {% endfor -%}
        spans._first_as_of,
        spans._first_as_of > {{ months }}.month_end_date as is_earliest_known,
        coalesce(spans._last_as_of <= {{ months }}.month_end_date, false)
            as is_removed

    from (
        select
            {% for column in key + columns -%}
            {{ column }},
            {% endfor -%}
            _first_as_of as _first_as_of,
            _last_as_of as _last_as_of,
            case
                when lag(_first_as_of) over version_order is null
                    then '-infinity'::date
                else _first_as_of
            end as in_force_from,
            coalesce(
                lead(_first_as_of) over version_order, 'infinity'::date
            ) as in_force_until

        from {{ versions }}

        window version_order as (
            partition by {{ key | join(', ') }}
            order by _first_as_of, _first_load_id
        )
    ) as spans

    inner join {{ months }}
        on {{ months }}.month_end_date >= spans.in_force_from
        and {{ months }}.month_end_date < spans.in_force_until
{%- endmacro %}
