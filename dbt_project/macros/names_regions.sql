{#
    Whether a division may stand where a name's region has been read so far. Full names
    may if they are smaller. Of short names, a province opens the name; a city opens it
    or follows a province; a county opens it or follows what it belongs to; a district, or
    a short name that is a common word too (朝阳, 平安), follows its city. After a
    nationwide body (富源支行 of 农行) a common word is a region as well. 栖霞山 is not in 栖霞.
#}
{% macro region_may_follow(name, spelling) -%}
    {{ spelling }}.region_level > {{ name }}.region_level
    and (
        {{ spelling }}.short_name_use = 'full'
        or (
            (
                {{ spelling }}.region_level < 3
                or substr({{ name }}.rest, length({{ spelling }}.spelling) + 1, 1)
                <> all (array['山', '寺', '路'])
            )
            and case
                when {{ name }}.region_level = 0
                    then
                        {{ spelling }}.short_name_use = 'plain'
                        or (
                            {{ spelling }}.short_name_use = 'ambiguous'
                            and (
                                {{ spelling }}.region_level < 3
                                or {{ name }}.head_name is not null
                            )
                        )
                when not starts_with(
                    {{ spelling }}.region_prefix, {{ name }}.region_prefix
                )
                    then
                        {{ spelling }}.short_name_use = 'plain'
                        and {{ spelling }}.region_level = 2
                else
                    {{ spelling }}.short_name_use = 'plain'
                    or {{ name }}.region_level = 2
                    or {{ spelling }}.region_level = 2
            end
        )
    )
{%- endmacro %}
