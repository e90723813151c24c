with

months as (

    select * from {{ ref('stg_jinta__months') }}

),

key_persons as (

    select * from {{ ref('stg_crm__key_persons') }}

),

records as (

    select * from {{ ref('int_indicators__records_addressed') }}

),

attributed as (

    select * from {{ ref('int_indicators__accounts_attributed') }}

),

final as (

    select
        months.month,
        key_persons.system_name,
        key_persons.person_id,
        attributed.group_account_id,
        key_persons.account_id as account_id_crm,
        key_persons.person_name,
        key_persons.person_phone,
        key_persons.department,
        key_persons.post,
        role as buying_role,
        key_persons.influence_grade,
        key_persons.attitude_grade,
        key_persons.contact_way,
        key_persons.recorded_date

    from months

    inner join key_persons
        on
            months.month_end_date >= key_persons.recorded_date
            and coalesce(months.month_end_date < key_persons.left_date, true)

    left join records
        on {{ refers_to('key_persons', 'records', 'account_id') }}

    inner join attributed
        on
            months.month = attributed.month
            and coalesce(records.group_account_id, 'unidentified-unknown')
            = attributed.group_account_id_named

)

select * from final
