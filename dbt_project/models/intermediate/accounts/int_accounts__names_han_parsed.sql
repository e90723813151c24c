-- One row per name with Chinese characters, taken apart: its body, legal form, what
-- follows the form, and the branch it names (分公司) with its number.
with

names_expanded as (

    select * from {{ ref('int_accounts__names_han_expanded') }}

),

words as (

    select * from {{ ref('name_words') }}

),

legal_forms as (

    select * from {{ ref('name_legal_forms') }}

),

form_pattern as (

    select
        '^(.*?)('
        || string_agg(
            legal_forms.legal_form_text,
            '|' order by
                length(legal_forms.legal_form_text) desc, legal_forms.legal_form_text
        )
        || ')(.*)$' as pattern

    from legal_forms

    where {{ has_han('legal_forms.legal_form_text') }}

),

markers_ranked as (

    select
        names_expanded.name_text,
        words.word as branch_marker,
        row_number() over (
            partition by names_expanded.name_text order by length(words.word) desc
        ) as marker_rank

    from names_expanded

    inner join words
        on
            right(names_expanded.expanded_rest, 2) = right(words.word, 2)
            and right(names_expanded.expanded_rest, length(words.word)) = words.word

    where
        words.word_kind = 'branch_marker'
        -- A marker that is the whole name marks nothing.
        and (
            names_expanded.head_name is not null
            or names_expanded.expanded_rest <> words.word
        )

),

names_unmarked as (

    select
        names_expanded.name_text,
        names_expanded.head_name,
        markers_ranked.branch_marker,
        left(
            names_expanded.expanded_rest,
            length(names_expanded.expanded_rest)
            - coalesce(length(markers_ranked.branch_marker), 0)
        ) as unmarked_rest

    from names_expanded

    left join markers_ranked
        on
            names_expanded.name_text = markers_ranked.name_text
            and markers_ranked.marker_rank = 1

),

names_split as (

    select
        names_unmarked.name_text,
        names_unmarked.head_name,
        names_unmarked.branch_marker,
        case
            when names_unmarked.branch_marker is not null
                then substring(names_unmarked.unmarked_rest from '第[0-9]+$')
        end as branch_ordinal,
        regexp_match(
            case
                when names_unmarked.branch_marker is not null
                    then regexp_replace(names_unmarked.unmarked_rest, '第[0-9]+$', '')
                else names_unmarked.unmarked_rest
            end,
            form_pattern.pattern
        ) as parts,
        names_unmarked.unmarked_rest

    from names_unmarked

    cross join form_pattern

),

final as (

    select
        names_split.name_text,
        names_split.head_name,
        coalesce(
            names_split.parts[1],
            left(
                names_split.unmarked_rest,
                length(names_split.unmarked_rest)
                - coalesce(length(names_split.branch_ordinal), 0)
            )
        ) as body,
        names_split.parts[2] as legal_form_text,
        legal_forms.legal_form,
        coalesce(names_split.parts[3], '') as tail,
        names_split.branch_ordinal,
        names_split.branch_marker

    from names_split

    left join legal_forms
        on names_split.parts[2] = legal_forms.legal_form_text

)

select * from final
