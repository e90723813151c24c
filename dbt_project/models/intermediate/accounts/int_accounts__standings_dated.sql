-- One row per reported month and account with a tax rank, a graded influence or a
-- recorded need by the month's end.
with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

clustered as (

    select * from {{ ref('int_accounts__records_clustered') }}

),

accounts as (

    select * from {{ ref('int_accounts__accounts_survived') }}

),

rankings as (

    select * from {{ ref('int_accounts__rankings_linked') }}

),

influences as (

    select * from {{ ref('stg_registry__policy_influences') }}

),

needs as (

    select * from {{ ref('stg_crm__account_needs') }}

),

-- A list is in force until the branch area's next one.
list_years as (

    select
        months.month,
        rankings.branch_id,
        max(rankings.ranking_year) as ranking_year

    from months

    inner join rankings
        on rankings.ranking_year <= extract(year from months.month)

    group by
        months.month,
        rankings.branch_id

),

-- A rank compares within a branch area, so only the account's own area's list counts.
tax_ranks as (

    select
        list_years.month,
        rankings.group_account_id,
        min(rankings.tax_rank) as tax_rank

    from list_years

    inner join rankings
        on
            list_years.branch_id = rankings.branch_id
            and list_years.ranking_year = rankings.ranking_year

    inner join accounts
        on
            list_years.month = accounts.month
            and list_years.branch_id = accounts.branch_id
            and rankings.group_account_id = accounts.group_account_id

    group by
        list_years.month,
        rankings.group_account_id

),

-- The latest grading counts; of several on one day the highest.
grades_ranked as (

    select
        months.month,
        clustered.group_account_id,
        influences.influence_grade,
        row_number() over (
            partition by months.month, clustered.group_account_id
            order by influences.decided_date desc, influences.influence_grade desc
        ) as grade_rank

    from influences

    inner join clustered
        on {{ refers_to('influences', 'clustered', 'account_id') }}

    inner join months
        on influences.decided_date <= months.month_end_date

),

first_needs as (

    select
        clustered.group_account_id,
        min(needs.recorded_date) as recorded_date

    from needs

    inner join clustered
        on {{ refers_to('needs', 'clustered', 'account_id') }}

    where needs.wants_informatization

    group by clustered.group_account_id

),

standings as (

    select
        tax_ranks.month,
        tax_ranks.group_account_id,
        tax_ranks.tax_rank,
        null::integer as influence_grade,
        false as has_needs_informatization

    from tax_ranks

    union all

    select
        grades_ranked.month,
        grades_ranked.group_account_id,
        null as tax_rank,
        grades_ranked.influence_grade,
        false as has_needs_informatization

    from grades_ranked

    where grades_ranked.grade_rank = 1

    union all

    select
        months.month,
        first_needs.group_account_id,
        null as tax_rank,
        null as influence_grade,
        true as has_needs_informatization

    from months

    inner join first_needs
        on months.month_end_date >= first_needs.recorded_date

),

final as (

    select
        standings.month,
        standings.group_account_id,
        max(standings.tax_rank) as tax_rank,
        max(standings.influence_grade) as influence_grade,
        bool_or(standings.has_needs_informatization) as has_needs_informatization

    from standings

    group by
        standings.month,
        standings.group_account_id

)

select * from final
