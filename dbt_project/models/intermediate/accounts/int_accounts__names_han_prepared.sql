-- One row per name with Chinese characters: its text without brackets and clerks'
-- notes, and what its first bracket held if that is a region or a legal form.
with

names_folded as (

    select * from {{ ref('int_accounts__names_folded') }}

),

spellings as (

    select * from {{ ref('int_accounts__names_beginnings_spelled') }}

),

legal_forms as (

    select * from {{ ref('name_legal_forms') }}

),

words as (

    select * from {{ ref('name_words') }}

),

-- Notes close a name, each in a bracket: (老), [集团]. Elsewhere they are part of it.
notes as (

    select
        '(?<=.)(\(('
        || string_agg({{ as_literal('words.word') }}, '|' order by words.word)
        || ')\))+$' as pattern

    from words

    where words.word_kind in ('note', 'remark') and {{ has_han('words.word') }}

),

names_noteless as (

    select
        names_folded.name_text,
        regexp_replace(names_folded.plain_name, notes.pattern, '') as plain_name

    from names_folded

    cross join notes

    where names_folded.script <> 'latin'

),

names_bracketed as (

    select
        names_noteless.name_text,
        names_noteless.plain_name,
        substring(names_noteless.plain_name from '\(([^()]+)\)') as bracket_text

    from names_noteless

),

bracket_texts as (

    select distinct names_bracketed.bracket_text

    from names_bracketed

    where names_bracketed.bracket_text is not null

),

-- A bracket names a region or a legal form, remarks on the name, or belongs to it.
brackets_read as (

    select
        bracket_texts.bracket_text,
        min(spellings.stands_for) as region_code,
        min(legal_forms.legal_form) as legal_form,
        coalesce(
            min(spellings.stands_for), min(legal_forms.legal_form), min(words.word)
        ) is not null as is_apart

    from bracket_texts

    left join spellings
        on
            bracket_texts.bracket_text = spellings.spelling
            and spellings.spelling_kind = 'region'

    left join legal_forms
        on bracket_texts.bracket_text = legal_forms.legal_form_text

    left join words
        on
            words.word_kind = 'remark'
            and starts_with(bracket_texts.bracket_text, words.word)

    group by bracket_texts.bracket_text

),

final as (

    select
        names_bracketed.name_text,
        brackets_read.region_code as bracket_region_code,
        brackets_read.legal_form as bracket_legal_form,
        translate(
            case
                when brackets_read.is_apart
                    then replace(
                            names_bracketed.plain_name,
                            '(' || names_bracketed.bracket_text || ')',
                            ''
                        )
                else names_bracketed.plain_name
            end,
            '()', ''
        ) as bare_name

    from names_bracketed

    left join brackets_read
        on names_bracketed.bracket_text = brackets_read.bracket_text

)

select * from final
