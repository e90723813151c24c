-- What would stand for int_accounts__records_clustered if no records were joined: one
-- account per record.
select
    source_record_id,
    system_name,
    account_id,
    is_only_system,
    other_systems,
    'g' || substr(source_record_id, 2) as group_account_id,
    branch_id,
    county_name,
    true as is_senior,
    1::bigint as seniority,
    'single' as match_basis,
    1::bigint as cluster_size

from {records}
