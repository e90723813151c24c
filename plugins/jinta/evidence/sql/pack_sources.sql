-- Rows of one table that bear the account's record numbers, as known to the
-- publication, by source system and file.
select
    %(table)s as table_name,
    rows._system as system_name,
    coalesce(
        (
            select min(file ->> 'name')
            from control.loads
            cross join lateral jsonb_array_elements(loads.files) as file
            where
                loads.table_name = %(table)s
                and file ->> 'id' = rows._file_id
        ),
        rows._file_id
    ) as file_name,
    count(*) as row_count,
    min(rows._first_as_of) as landed_from,
    max(rows._first_as_of) as landed_to

from {rows} as rows

where
    rows.account_id = any(%(records)s)
    and rows._first_load_id <= %(known_load)s
    and coalesce(rows._last_load_id > %(known_load)s, true)
    and {window}

group by rows._system, rows._file_id

order by rows._system, rows._file_id
