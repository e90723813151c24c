-- One row per Latin name without remarks, clauses and brackets: Foo (UK) Ltd (Exeter
-- Office), formerly Bar reads foo uk ltd.
with

names_folded as (

    select * from {{ ref('int_accounts__names_folded') }}

),

legal_forms as (

    select * from {{ ref('name_legal_forms') }}

),

words as (

    select * from {{ ref('name_words') }}

),

-- A remark stands in brackets, or follows the name (formerly, in liquidation).
remarks as (

    select
        '\s*\(('
        || string_agg({{ as_literal('words.word') }}, '|' order by words.word)
        filter (where words.word_kind = 'remark')
        || ')\M[^()]*\)?|\s+\(?('
        || string_agg({{ as_literal('words.word') }}, '|' order by words.word)
        filter (where words.word_kind = 'later_remark')
        || ')\M.*$' as pattern

    from words

    where words.word_kind in ('remark', 'later_remark') and words.word ~ '^[a-z]'

),

-- What may follow a form that closes a name: d.o.o. za trgovinu, S.n.c. di Rossi.
clauses as (

    select
        ' ('
        || string_agg(
            {{ as_literal('legal_forms.legal_form_text') }},
            '|' order by legal_forms.legal_form_text
        )
        || ') .*$' as pattern

    from legal_forms

    where legal_forms.form_place = 'clause'

),

names_remarkless as (

    select
        names_folded.name_text,
        coalesce(
            nullif(
                regexp_replace(
                    regexp_replace(
                        names_folded.folded_name, remarks.pattern, '', 'g'
                    ),
                    clauses.pattern,
                    ' \1'
                ),
                ''
            ),
            names_folded.folded_name
        ) as name

    from names_folded

    cross join remarks

    cross join clauses

    where names_folded.script = 'latin'

),

-- What stands in brackets after the legal form says something about the body, what
-- stands before it is part of its name.
final as (

    select
        names_remarkless.name_text,
        case
            when
                exists (
                    select 1
                    from legal_forms
                    where
                        legal_forms.legal_form_text
                        = split_part(
                            regexp_replace(
                                names_remarkless.name, ' \([^()]*\)?$', ''
                            ), ' ', -1
                        )
                )
                then translate(
                        regexp_replace(names_remarkless.name, ' \([^()]*\)?$', ''),
                        '()',
                        ''
                    )
            else translate(names_remarkless.name, '()', '')
        end as name

    from names_remarkless

)

select * from final
