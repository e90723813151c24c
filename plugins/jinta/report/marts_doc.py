"""`docs/marts.md`, written from the descriptions that dbt and Postgres carry.

python -m jinta.report.marts_doc        # writes docs/marts.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jinta.settings import Settings, load_settings

_HEAD = """# Marts

Written by `make docs` from the descriptions in `dbt_project/models/marts`; a test fails
when it is out of date. The same texts are comments on the views in Postgres.

Readers see schema `marts` only. A mart by month is a view over the published slices of
all months, as known now; `<mart>_current` shows its last month, `<mart>_as_shown` all
that it ever showed, with `publication_id`, `shown_from` and `shown_until` before its
columns: as known then; marts that are computed from others, such as
`fct_account_points`, have neither. `publications` and `shown_months` list what was
shown when.
Amounts are in the operator's currency, points in hundredths. What rows are visible by
is told to readers of branches and managers (docs/operations.md, Readers); head office
sees all.
"""


def render_marts(
    manifest: dict[str, Any], dictionary: Sequence[Mapping[str, str]]
) -> str:
    """Render every mart with its grain, key and columns as Markdown.

    Args:
        manifest: dbt's manifest.
        dictionary: The indicators: a mart written from them has a column for each.
    """
    marts = sorted(
        (
            node
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model" and node["schema"] == "candidate"
        ),
        key=lambda node: node["name"],
    )
    return _HEAD + "".join(_render_mart(mart, dictionary) for mart in marts)


def write_marts(settings: Settings) -> None:
    """Write `docs/marts.md` anew."""
    from jinta.transform import load_manifest, project_vars

    dictionary = project_vars(settings)["indicators"]
    path = settings.checkout / "docs" / "marts.md"
    text = render_marts(load_manifest(settings), dictionary)
    path.write_text(text, encoding="utf-8")


def _render_mart(mart: dict[str, Any], dictionary: Sequence[Mapping[str, str]]) -> str:
    meta = mart["config"].get("meta", {})
    key = ", ".join(f"`{column}`" for column in meta.get("primary_key", []))
    lines = [f"\n## {mart['name']}\n", mart["description"].strip()]
    if key:
        lines.append(f"\nKey: {key}.")
    if "visible_by" in meta:
        lines.append(f"\nRows are visible by: {_name_visibility(meta['visible_by'])}.")
    lines += ["", "| column | meaning |", "|---|---|"]
    for column in _list_columns(mart, dictionary):
        meaning = " ".join(column["description"].split()).replace("|", "\\|")
        lines.append(f"| `{column['name']}` | {meaning} |")
    return "\n".join(lines) + "\n"


def _list_columns(
    mart: dict[str, Any], dictionary: Sequence[Mapping[str, str]]
) -> Iterator[dict[str, Any]]:
    """The described columns, and the dictionary's where a mart is written from it."""
    key = mart["config"].get("meta", {}).get("primary_key", [])
    is_written = "comment_indicators" in mart["raw_code"]
    for column in mart["columns"].values():
        if is_written and column["name"] not in key:
            yield from (_describe_indicator(row) for row in dictionary)
            is_written = False
        yield column


def _describe_indicator(row: Mapping[str, str]) -> dict[str, Any]:
    """A column as the mart's comment tells it."""
    return {
        "name": row["indicator_id"],
        "description": f"{row['name_en']}: {row['meaning']}, {row['unit']} "
        f"({row['name_zh']}, {row['spec_id']}).",
    }


def _name_visibility(said: Any) -> str:
    """Say `visible_by` as the YAML does: a word, or a word and its column."""
    if isinstance(said, dict):
        return ", ".join(f"{word} (`{column}`)" for word, column in said.items())
    return str(said).replace("_", " ")


if __name__ == "__main__":
    write_marts(load_settings())
