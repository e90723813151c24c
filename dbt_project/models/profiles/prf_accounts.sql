-- How identity came out: sizes and shares, no names.
with

records as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

records_current as (

    select * from {{ ref('int_accounts__records_current') }}

),

pairs as (

    select * from {{ ref('int_accounts__pairs_judged') }}

),

blocks as (

    select * from {{ ref('int_accounts__blocks_counted') }}

),

names_recalled as (

    select * from {{ ref('int_accounts__names_recalled') }}

),

names_signed as (

    select * from {{ ref('int_accounts__names_signed') }}

),

pairs_signed as (

    select * from {{ ref('int_accounts__pairs_signed') }}

),

accounts as (

    select * from {{ ref('int_accounts__months_mastered') }}

),

run as (

    select max(month) as last_month

    from {{ ref('stg_jinta__months') }}

),

published as (

    select * from {{ source('control', 'published_metrics') }}
    where metric = 'active_accounts'

),

record_sizes as (

    select
        count(*)::numeric as records,
        max(cluster_size)::numeric as largest_account,
        round(100.0 * count(*) filter (where cluster_size > 1) / count(*), 4)
            as merged_records_pct

    from records

    having count(*) > 0

),

-- A code that fails its check is no key: the record is merged by its name at most.
codes_failed as (

    select
        count(*) filter (where is_credit_code_invalid)::numeric
            as credit_codes_invalid,
        count(*) filter (where is_tax_number_invalid)::numeric as tax_numbers_invalid,
        count(*) filter (where is_organisation_code_invalid)::numeric
            as organisation_codes_invalid

    from records_current

),

pair_sizes as (

    select
        count(*) filter (where verdict = 'auto_merge')::numeric as auto_merged_pairs,
        count(*) filter (where verdict = 'review')::numeric as review_pairs

    from pairs

),

-- What matching did anew; the rest was taken over from earlier runs (F16).
names_read as (

    select
        count(*)::numeric as names,
        count(*) filter (where not is_known)::numeric as names_read_anew

    from names_recalled

),

names_compared as (

    select
        count(*)::numeric as record_names,
        count(*) filter (where not is_known)::numeric as record_names_compared_anew

    from names_signed

),

pairs_scored as (

    select
        count(*)::numeric as pairs,
        count(*) filter (where not is_known)::numeric as pairs_scored_anew

    from pairs_signed

),

block_sizes as (

    select
        count(*) filter (where is_skipped)::numeric as skipped_blocks,
        round(
            100.0 * coalesce(sum(names) filter (where is_skipped), 0) / sum(names), 4
        ) as skipped_names_pct

    from blocks

),

month_sizes as (

    select
        month,
        count(*) filter (where is_active)::numeric as active_accounts,
        round(
            100.0 * count(*) filter (where normalised_name is null) / count(*), 4
        ) as nameless_pct,
        round(100.0 * count(*) filter (where branch_id is null) / count(*), 4)
            as branchless_pct,
        round(100.0 * count(*) filter (where is_earliest_known) / count(*), 4)
            as earliest_known_pct

    from accounts

    where is_identified and account_kind = 'account'

    group by month

),

month_changes as (

    select
        month_sizes.month,
        month_sizes.active_accounts,
        month_sizes.nameless_pct,
        month_sizes.branchless_pct,
        month_sizes.earliest_known_pct,
        coalesce(before.active_accounts, published.value) as active_accounts_before

    from month_sizes

    left join month_sizes as before
        on before.month = (month_sizes.month - interval '1 month')::date

    left join published
        on published.month = (month_sizes.month - interval '1 month')::date

),

measured as (

    select
        run.last_month as month,
        metrics.metric,
        metrics.value

    from run

    cross join pair_sizes

    cross join codes_failed

    cross join block_sizes

    cross join names_read

    cross join names_compared

    cross join pairs_scored

    left join record_sizes
        on true

    cross join
        lateral (
            values
            ('records', record_sizes.records),
            ('largest_account', record_sizes.largest_account),
            ('merged_records_pct', record_sizes.merged_records_pct),
            ('credit_codes_invalid', codes_failed.credit_codes_invalid),
            ('tax_numbers_invalid', codes_failed.tax_numbers_invalid),
            ('organisation_codes_invalid', codes_failed.organisation_codes_invalid),
            (
                'credit_codes_invalid_pct',
                round(
                    100 * codes_failed.credit_codes_invalid
                    / nullif(record_sizes.records, 0), 2
                )
            ),
            (
                'tax_numbers_invalid_pct',
                round(
                    100 * codes_failed.tax_numbers_invalid
                    / nullif(record_sizes.records, 0), 2
                )
            ),
            (
                'organisation_codes_invalid_pct',
                round(
                    100 * codes_failed.organisation_codes_invalid
                    / nullif(record_sizes.records, 0), 2
                )
            ),
            ('auto_merged_pairs', pair_sizes.auto_merged_pairs),
            ('review_pairs', pair_sizes.review_pairs),
            (
                'review_pairs_per_1000',
                round(
                    1000 * pair_sizes.review_pairs / nullif(record_sizes.records, 0), 2
                )
            ),
            ('skipped_blocks', block_sizes.skipped_blocks),
            ('skipped_names_pct', block_sizes.skipped_names_pct),
            ('names', names_read.names),
            ('names_read_anew', names_read.names_read_anew),
            ('record_names', names_compared.record_names),
            (
                'record_names_compared_anew',
                names_compared.record_names_compared_anew
            ),
            ('pairs', pairs_scored.pairs),
            ('pairs_scored_anew', pairs_scored.pairs_scored_anew)
        ) as metrics (metric, value)

    union all

    select
        month_changes.month,
        metrics.metric,
        metrics.value

    from month_changes

    cross join lateral (
        values
        ('active_accounts', month_changes.active_accounts),
        ('active_accounts_before', month_changes.active_accounts_before),
        (
            'active_accounts_change_pct',
            round(
                100 * (
                    month_changes.active_accounts
                    - month_changes.active_accounts_before
                ) / nullif(month_changes.active_accounts_before, 0),
                2
            )
        ),
        ('nameless_pct', month_changes.nameless_pct),
        ('branchless_pct', month_changes.branchless_pct),
        ('earliest_known_pct', month_changes.earliest_known_pct)
    ) as metrics (metric, value)

),

final as (

    select
        month,
        '' as system_name,
        'accounts' as subject,
        metric,
        value

    from measured

    where value is not null

)

select * from final
