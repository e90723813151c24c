{#
    From when to when a row version of an entity is the one to read. The first version
    known stands for all time before it; `known_to_date` ends with the row's presence in
    the source, `next_known_from_date` only with its next version.
#}
{% macro version_dates(key) -%}
        case
            when
                row_number() over (
                    partition by {{ key }} order by _first_as_of, _first_load_id
                ) = 1
                then '-infinity'::date
            else _first_as_of
        end as known_from_date,
        coalesce({{ known_end('_last_as_of') }}, 'infinity'::date) as known_to_date,
        coalesce(
            lead(_first_as_of) over (
                partition by {{ key }} order by _first_as_of, _first_load_id
            ),
            'infinity'::date
        ) as next_known_from_date
{%- endmacro %}

{# The same of a row that counts at all times, as long as it stands. #}
{% macro all_dates() -%}
        '-infinity'::date as known_from_date,
        'infinity'::date as known_to_date,
        'infinity'::date as next_known_from_date
{%- endmacro %}
