{# Text in one width, its brackets all round. #}
{% macro unify_width(column) -%}
    translate(
        normalize({{ column }}, nfkc),
        '[{<【〔〖《〈「『]}>】〕〗》〉」』',
        '(((((((((())))))))))'
    )
{%- endmacro %}

{# Han text without blanks and punctuation; brackets and & stay. #}
{% macro strip_han_punctuation(column) -%}
    regexp_replace(
        {{ column }},
        $re$[\s!-%'*-/:;=?@\\^_`|~、。·•…—–“”‘’]+$re$, '', 'g'
    )
{%- endmacro %}

{# Lower-case text without accents, letters of their own spelt out. #}
{% macro strip_accents(column) -%}
    replace(replace(replace(replace(
        translate(
            lower(regexp_replace(
                normalize({{ column }}, nfkd), '[\u0300-\u036f]+', '', 'g'
            )),
            'øłđðħıς', 'olddhiσ'
        ),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th')
{%- endmacro %}

{#
    Words of a lower-case Latin name with one blank between them: "&" and "+" read
    "and", initials stand together (i.j. cannings, i j cannings), S.A. and a/s close up,
    round brackets stay and what follows "c/o" goes.
#}
{% macro space_latin_words(column) -%}
    {%- set steps = [
        ("\\s*\\mc/o\\M.*$", ""),
        ("[''’`´\"“”\\ufffd]+", ""),
        ("\\m([a-zα-ωа-я])/(?=[a-zα-ωа-я]\\M)", "\\1"),
        ("\\m([a-zα-ωа-я])\\.", "\\1"),
        ("[&+]", " and "),
        ("[\\s!-%*,-/:-@\\[-^_{-~·•…—–]+", " "),
        ("\\s*\\(\\s*", " ("),
        ("\\s*\\)\\s*", ") "),
        ("\\m([a-zα-ωа-я]) (?=[a-zα-ωа-я]\\M)", "\\1"),
    ] -%}
    {%- set text = namespace(sql=column) -%}
    {%- for pattern, replacement in steps -%}
        {%- set text.sql -%}
            regexp_replace({{ text.sql }}, '{{ pattern }}', '{{ replacement }}', 'g')
        {%- endset -%}
    {%- endfor -%}
    trim({{ text.sql }})
{%- endmacro %}

{# Whether a text holds a Han character. #}
{% macro has_han(column) -%}
    {{ column }} ~ '[\u3400-\u4dbf\u4e00-\u9fff]'
{%- endmacro %}

{#
    Ordinals of counted bodies in Arabic digits: 第三中学, 第3中学, 三中 and 3中 all read
    第3中学. Chinese numerals up to 99.
#}
{% macro write_ordinals(column) -%}
    {%- set numeral = '[一二三四五六七八九十]{1,3}|[0-9]{1,2}' -%}
    {%- set counted -%}
        中学|小学|幼儿园|医院|分公司|支公司|支行|营业部|营业厅|支队|大队|中队|项目部|工程处|分店|分厂
    {%- endset -%}
    {%- set short -%}
        regexp_replace(regexp_replace(regexp_replace({{ column }},
        '(第|^)({{ numeral }})中$', '第\2中学'),
        '(第|^)({{ numeral }})小$', '第\2小学'),
        '(第|^)({{ numeral }})幼$', '第\2幼儿园')
    {%- endset -%}
    {%- set marked -%}
        regexp_replace({{ short }},
        '第?({{ numeral }})({{ counted }})', '第\1\2')
    {%- endset -%}
    case
        when {{ column }} !~ '第|[一二三四五六七八九十0-9](中|小|幼|{{ counted }})'
            then {{ column }}
        when {{ marked }} !~ '第[一二三四五六七八九十]'
            then {{ marked }}
        else
            substring({{ marked }} from '^(.*?)第[一二三四五六七八九十]')
            || '第'
            || translate(
                regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                    substring({{ marked }} from '第([一二三四五六七八九十]{1,3})'),
                    '^十$', '10'), '^十', '1'), '十$', '0'), '十', ''),
                '一二三四五六七八九', '123456789'
            )
            || substring({{ marked }} from '第[一二三四五六七八九十]{1,3}(.*)$')
    end
{%- endmacro %}

{# A text as it stands inside a regular expression that must match it literally. #}
{% macro as_literal(column) -%}
    regexp_replace({{ column }}, '([][(){}.*+?|^$\\])', '\\\1', 'g')
{%- endmacro %}

{# Array of a name and the trading name it gives, both trimmed; null without one. #}
{% macro split_trading_name(column) -%}
    case
        when {{ column }} ~* '\m(t\s?/\s?as?|trading as|d/b/a|dba)\M'
            then array[
                trim(regexp_replace(
                    {{ column }},
                    '[\s(,]*\m(t\s?/\s?as?|trading as|d/b/a|dba)\M.*$', '', 'i'
                )),
                trim(regexp_replace(
                    {{ column }},
                    '^.*\m(t\s?/\s?as?|trading as|d/b/a|dba)\M[.:\s]*|\)\s*$', '', 'gi'
                ))
            ]
    end
{%- endmacro %}
