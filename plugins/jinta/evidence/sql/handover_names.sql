-- What products and stages are called, by the column of a pack that names them.
select
    'product_code' as code_column,
    products.product_code as code,
    products.product_name_en as name_en,
    products.product_name as name_zh

from marts.dim_products as products

where products.month = %(month)s

union all

select
    'stage' as code_column,
    names.row_key as code,
    names.rule_name as name_en,
    names.rule_name_zh as name_zh

from marts.dim_rule_names as names

where
    names.seed_name = 'funnel_stages'
    and names.valid_from <= %(month)s
    and coalesce(names.valid_to >= %(month)s, true)
