-- Each version against the one before it by validity: rows by their key, columns by
-- name. What a version no longer has is told with the version that lacks it; a rule of
-- the matcher that ends without a successor was ended by nobody on record.
with

rule_rows as (

    select * from {{ ref('int_scoring__rule_rows_collected') }}

),

matching_rows as (

    select * from {{ ref('int_accounts__rule_rows_collected') }}

),

all_rows as (

    select
        rule_set,
        chain_id,
        rule_version,
        version_before,
        version_after,
        valid_from,
        null::date as valid_to,
        recorded_date,
        approver,
        note,
        seed_name,
        row_key,
        rule_row

    from rule_rows

    union all

    select
        rule_set,
        chain_id,
        rule_version,
        version_before,
        version_after,
        valid_from,
        valid_to,
        recorded_date,
        approver,
        note,
        seed_name,
        row_key,
        rule_row

    from matching_rows

),

-- A row that is gone has the remarks of all rows of the version that lacks it, if they
-- agree.
versions as (

    select
        chain_id,
        rule_version,
        min(valid_from) as valid_from,
        case when min(recorded_date) = max(recorded_date) then min(recorded_date) end
            as recorded_date,
        case when min(approver) = max(approver) then min(approver) end as approver,
        case when min(note) = max(note) then min(note) end as note

    from all_rows

    group by chain_id, rule_version

),

kept as (

    select
        later.rule_set,
        later.rule_version,
        later.version_before,
        later.valid_from,
        later.recorded_date,
        later.approver,
        later.note,
        later.seed_name,
        later.row_key,
        earlier.rule_row as old_row,
        later.rule_row as new_row

    from all_rows as later

    left join all_rows as earlier
        on
            later.chain_id = earlier.chain_id
            and later.version_before = earlier.rule_version
            and later.seed_name = earlier.seed_name
            and later.row_key = earlier.row_key

),

removed as (

    select
        earlier.rule_set,
        coalesce(earlier.version_after, earlier.rule_version) as rule_version,
        earlier.rule_version as version_before,
        coalesce(versions.valid_from, earlier.valid_to + 1) as valid_from,
        versions.recorded_date,
        versions.approver,
        versions.note,
        earlier.seed_name,
        earlier.row_key,
        earlier.rule_row as old_row,
        null::jsonb as new_row

    from all_rows as earlier

    left join all_rows as later
        on
            earlier.chain_id = later.chain_id
            and earlier.version_after = later.rule_version
            and earlier.seed_name = later.seed_name
            and earlier.row_key = later.row_key

    left join versions
        on
            earlier.chain_id = versions.chain_id
            and earlier.version_after = versions.rule_version

    where
        later.row_key is null
        and (earlier.version_after is not null or earlier.valid_to is not null)

),

compared as (

    select * from kept

    union all

    select * from removed

),

fields_compared as (

    select
        compared.rule_set,
        compared.rule_version,
        compared.version_before,
        compared.valid_from,
        compared.recorded_date,
        compared.approver,
        compared.note,
        compared.seed_name,
        compared.row_key,
        fields.column_name,
        case
            when compared.old_row is null then 'added'
            when compared.new_row is null then 'removed'
            else 'changed'
        end as change_kind,
        compared.version_before is null as is_first_version,
        compared.old_row -> fields.column_name as old_value,
        compared.new_row -> fields.column_name as new_value

    from compared

    cross join
        lateral jsonb_object_keys(coalesce(compared.new_row, compared.old_row))
            as fields (column_name)

    where
        coalesce(compared.old_row -> fields.column_name, 'null'::jsonb)
        <> coalesce(compared.new_row -> fields.column_name, 'null'::jsonb)

),

-- A number is told as it is written, without the zeros that its type adds.
final as (

    select
        rule_set,
        rule_version,
        version_before,
        valid_from,
        recorded_date,
        approver,
        note,
        seed_name,
        row_key,
        column_name,
        change_kind,
        is_first_version,
        case jsonb_typeof(old_value)
            when 'number' then trim_scale(old_value::numeric)::text
            else old_value #>> '{}'
        end as old_value,
        case jsonb_typeof(new_value)
            when 'number' then trim_scale(new_value::numeric)::text
            else new_value #>> '{}'
        end as new_value

    from fields_compared

)

select * from final
