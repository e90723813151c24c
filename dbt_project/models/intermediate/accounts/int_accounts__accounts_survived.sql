-- One row per reported month and account of records: the golden record, with values as
-- the rules let them survive.
{%- set columns = survived_columns() %}
with

records as (

    select * from {{ ref('int_accounts__records_versioned') }}

),

values_survived as (

    select * from {{ ref('int_accounts__values_survived') }}

),

members_counted as (

    select
        records.month,
        records.group_account_id,
        {%- for column in columns %}
        records.{{ column }},
        {%- endfor %}
        row_number() over (
            partition by records.month, records.group_account_id
            order by records.seniority
        ) as member_rank,
        count(*) over same_account as record_count,
        bool_or(records.is_active) over same_account as is_account_active,
        case
            when bool_and(records.closed_date is not null) over same_account
                then max(records.closed_date) over same_account
        end as account_closed_date,
        bool_or(records.is_sole_trader) over same_account as is_sole_trader,
        bool_or(records.is_earliest_known) over same_account as has_earliest_known,
        max(records.attributes_as_of_date) over same_account as latest_as_of_date

    from records

    window same_account as (partition by records.month, records.group_account_id)

),

survivors as (

    select
        values_survived.month,
        values_survived.group_account_id,
        {%- for column, type in columns.items() %}
        max(values_survived.cell_value) filter (
            where values_survived.column_name = '{{ column }}'
        )::{{ type }} as {{ column }},
        {%- endfor %}
        jsonb_object_agg(
            values_survived.column_name, values_survived.source_record_id
        ) as survivorship

    from values_survived

    group by
        values_survived.month,
        values_survived.group_account_id

),

-- An account of one record is that record: nothing had to be chosen.
final as (

    select
        members_counted.month,
        members_counted.group_account_id,
        members_counted.record_count,
        members_counted.is_account_active as is_active,
        members_counted.account_closed_date as closed_date,
        members_counted.is_sole_trader,
        members_counted.has_earliest_known as is_earliest_known,
        members_counted.latest_as_of_date as attributes_as_of_date,
        {%- for column in columns %}
        case
            when members_counted.record_count = 1 then members_counted.{{ column }}
            else survivors.{{ column }}
        end as {{ column }},
        {%- endfor %}
        case
            when members_counted.record_count = 1 then '{}'
            else survivors.survivorship
        end as survivorship

    from members_counted

    left join survivors
        on
            members_counted.month = survivors.month
            and members_counted.group_account_id = survivors.group_account_id

    where members_counted.member_rank = 1

)

select * from final
