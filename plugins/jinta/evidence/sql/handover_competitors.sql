select
    products.group_account_id,
    products.competitor_product_id,
    products.competitor_name,
    products.product_name,
    products.lines_in_use,
    products.monthly_amount,
    products.contract_end_date,
    products.days_to_contract_end

from marts.dim_competitor_products as products

where
    products.month = %(month)s
    and products.group_account_id = any(%(accounts)s)

order by
    products.group_account_id asc,
    products.contract_end_date asc nulls last,
    products.competitor_product_id asc
