select
    branches.group_account_id,
    branches.account_branch_id,
    branches.account_branch_name,
    branches.county_name,
    branches.employees

from marts.dim_account_branches as branches

where
    branches.month = %(month)s
    and branches.group_account_id = any(%(accounts)s)

order by branches.group_account_id, branches.account_branch_id
