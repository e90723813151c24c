-- One row per version of a source record.
with

accounts as (

    select * from {{ ref('stg_crm__accounts') }}

),

codes_checked as (

    select
        accounts.source_record_id,
        accounts._first_load_id,
        accounts.credit_code,
        accounts.tax_number,
        accounts.person_tax_fingerprint,
        accounts.organisation_code,
        {{ is_credit_code('accounts.credit_code') }} as is_credit_code,
        {{ is_credit_code('accounts.tax_number') }} as is_tax_credit_code,
        length(accounts.tax_number) = 15
        and {{ is_organisation_code('accounts.tax_number', start=7) }}
            as is_company_tax_number,
        length(accounts.organisation_code) = 9
        and {{ is_organisation_code('accounts.organisation_code') }}
            as is_organisation_code

    from accounts

    where
        accounts.credit_code is not null
        or accounts.tax_number is not null
        or accounts.person_tax_fingerprint is not null
        or accounts.organisation_code is not null

),

-- Since 2016 the tax number of a legal person is its credit code.
credit_codes_told as (

    select
        codes_checked.source_record_id,
        codes_checked._first_load_id,
        codes_checked.credit_code,
        codes_checked.tax_number,
        codes_checked.person_tax_fingerprint,
        codes_checked.organisation_code,
        codes_checked.is_credit_code,
        codes_checked.is_tax_credit_code,
        codes_checked.is_company_tax_number,
        codes_checked.is_organisation_code,
        case
            when codes_checked.is_credit_code then codes_checked.credit_code
            when codes_checked.is_tax_credit_code then codes_checked.tax_number
        end as valid_credit_code

    from codes_checked

),

final as (

    select
        credit_codes_told.source_record_id,
        credit_codes_told._first_load_id,
        credit_codes_told.valid_credit_code as credit_code,
        case
            when credit_codes_told.is_company_tax_number
                then credit_codes_told.tax_number
            else credit_codes_told.person_tax_fingerprint
        end as tax_number,
        coalesce(
            substr(credit_codes_told.valid_credit_code, 9, 9),
            case
                when credit_codes_told.is_organisation_code
                    then credit_codes_told.organisation_code
            end,
            case
                when credit_codes_told.is_company_tax_number
                    then substr(credit_codes_told.tax_number, 7, 9)
            end
        ) as organisation_code,
        credit_codes_told.credit_code is not null
        and not credit_codes_told.is_credit_code as is_credit_code_invalid,
        credit_codes_told.tax_number is not null
        and not coalesce(credit_codes_told.is_company_tax_number, false)
        and not credit_codes_told.is_tax_credit_code as is_tax_number_invalid,
        credit_codes_told.organisation_code is not null
        and not coalesce(credit_codes_told.is_organisation_code, false)
            as is_organisation_code_invalid

    from credit_codes_told

)

select * from final
