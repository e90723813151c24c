{#
    Written from the definitions, so that what is defined is what is computed: every mart
    is read once per kind of branch, with one column per term of a key figure.
-#}
{%- set terms = [] %}
{%- for row in var('kpi_definitions') %}
{%- for side in ['numerator', 'denominator'] if row[side] %}
{%- do terms.append({
    'column': row.kpi_id ~ '_' ~ loop.index ~ '_' ~ row.version.replace('.', '_'),
    'kpi_id': row.kpi_id,
    'version': row.version,
    'side': side,
    'mart': row[side ~ '_mart'],
    'branch_by': row[side ~ '_branch_by'],
    'place': row[side ~ '_mart'] ~ '_by_' ~ row[side ~ '_branch_by'],
    'sql': kpi_term(row[side ~ '_mart'], row[side], row[side ~ '_filter']),
}) %}
{%- endfor %}
{%- endfor %}
with

{% for mart in terms | map(attribute='mart') | unique -%}
{{ mart }} as (

    select * from {{ ref(mart) }}

),

{% endfor -%}
definitions as (

    select * from {{ ref('kpi_definitions') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

{% for place, own in terms | groupby('place') -%}
{%- set mart, branch_by = own[0].mart, own[0].branch_by -%}
{{ place }} as (

    select
        {{ mart }}.month,
        {{ kpi_branch(mart, branch_by) }} as branch_id,
        {%- for term in own %}
        {{ term.sql }} as {{ term.column }}{{ ',' if not loop.last }}
        {%- endfor %}

    from {{ mart }}
    {% if branch_by == 'group_account_id' %}
    left join accounts
        on
            {{ mart }}.month = accounts.month
            and {{ mart }}.group_account_id = accounts.group_account_id
    {% endif %}
    group by {{ kpi_groups(mart, branch_by) }}

),

{% endfor -%}
measured as (
    {% for place, own in terms | groupby('place') %}
    select
        sums.month,
        sums.branch_id,
        terms.kpi_id,
        terms.version,
        terms.side,
        terms.value

    from {{ place }} as sums

    cross join
        lateral (
            values
            {%- for term in own %}
            (
                '{{ term.kpi_id }}',
                '{{ term.version }}',
                '{{ term.side }}',
                sums.{{ term.column }}::numeric
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as terms (kpi_id, version, side, value)
    {% if not loop.last %}
    union all
    {% endif %}
    {%- else %}
    select
        month,
        branch_id,
        null::text as kpi_id,
        null::text as version,
        null::text as side,
        null::numeric as value

    from accounts

    where false
    {% endfor %}
),

paired as (

    select
        definitions.kpi_id,
        definitions.version,
        definitions.factor,
        definitions.denominator is not null as is_quotient,
        measured.month,
        measured.branch_id,
        case
            when bool_or(measured.side = 'numerator')
                then sum(measured.value) filter (where measured.side = 'numerator')
            else 0
        end as numerator,
        sum(measured.value) filter (where measured.side = 'denominator')
            as denominator

    from measured

    inner join definitions
        on
            measured.kpi_id = definitions.kpi_id
            and measured.version = definitions.version
            and {{ is_rule_in_force('definitions', 'measured.month') }}

    group by
        definitions.kpi_id,
        definitions.version,
        definitions.factor,
        definitions.denominator,
        measured.month,
        measured.branch_id

),

final as (

    select
        kpi_id,
        month,
        branch_id,
        version as kpi_version,
        numerator,
        denominator,
        round(
            case
                when is_quotient then factor * numerator / nullif(denominator, 0)
                else factor * numerator
            end,
            4
        ) as kpi_value

    from paired

)

select * from final
