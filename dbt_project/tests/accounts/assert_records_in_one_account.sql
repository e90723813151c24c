-- Every source record that ever landed stands in exactly one account, and the account
-- is named for one of its own records.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

clustered as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

landed as (

    select distinct accounts.source_record_id from accounts

)

select
    coalesce(landed.source_record_id, clustered.source_record_id) as source_record_id,
    clustered.group_account_id,
    'not in one account' as defect

from landed

full outer join clustered
    on landed.source_record_id = clustered.source_record_id

where landed.source_record_id is null or clustered.group_account_id is null

union all

select
    min(clustered.source_record_id) as source_record_id,
    clustered.group_account_id,
    'account has no senior member of its name' as defect

from clustered

group by clustered.group_account_id

having
    count(*) filter (
        where clustered.is_senior
        and {{ group_account_id('clustered.source_record_id') }}
        = clustered.group_account_id
    ) <> 1
