-- What the accounts' marts name is there: the head office in the account's month, the
-- records of a pair under review among those known as of the run. The bridge's accounts
-- are assert_bridge_resolves' concern.
with

accounts as (

    select * from {{ ref('dim_group_accounts') }}

),

pairs as (

    select * from {{ ref('fct_review_pairs') }}

),

clustered as (

    select * from {{ ref('int_accounts__records_clustered') }}

)

select
    accounts.month,
    accounts.group_account_id as named_by,
    accounts.parent_group_account_id as missing_id

from accounts

left join accounts as heads
    on
        accounts.month = heads.month
        and accounts.parent_group_account_id = heads.group_account_id

where
    accounts.parent_group_account_id is not null
    and heads.group_account_id is null

union all

select
    null as month,
    'fct_review_pairs' as named_by,
    sides.source_record_id as missing_id

from pairs

cross join
    lateral unnest(
        array[pairs.source_record_id_left, pairs.source_record_id_right]
    ) as sides (source_record_id)

left join clustered
    on sides.source_record_id = clustered.source_record_id

where clustered.source_record_id is null
