"""`docs/marts.md`, written from the descriptions that dbt and Postgres carry.

python -m jinta.report.marts_doc        # writes docs/marts.md
"""

from __future__ import annotations

from typing import Any

from jinta.settings import Settings, load_settings

_HEAD = """# Marts

Written by `make docs` from the descriptions in `dbt_project/models/marts`; a test fails
when it is out of date. The same texts are comments on the views in Postgres.

Readers see schema `marts` only. A mart by month is a view over the published slices of
all months, as known now; `<mart>_current` shows its last month, `<mart>_as_shown` all
that it ever showed, with `publication_id`, `shown_from` and `shown_until` before its
columns: as known then. `publications` and `shown_months` list what was shown when.
Amounts are in the operator's currency, points in hundredths.
"""


def render_marts(manifest: dict[str, Any]) -> str:
    """Render every mart with its grain, key and columns as Markdown."""
    marts = sorted(
        (
            node
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model" and node["schema"] == "candidate"
        ),
        key=lambda node: node["name"],
    )
    return _HEAD + "".join(_render_mart(mart) for mart in marts)


def write_marts(settings: Settings) -> None:
    """Write `docs/marts.md` anew."""
    from jinta.transform import load_manifest

    path = settings.checkout / "docs" / "marts.md"
    path.write_text(render_marts(load_manifest(settings)), encoding="utf-8")


def _render_mart(mart: dict[str, Any]) -> str:
    meta = mart["config"].get("meta", {})
    key = ", ".join(f"`{column}`" for column in meta.get("primary_key", []))
    lines = [f"\n## {mart['name']}\n", mart["description"].strip()]
    if key:
        lines.append(f"\nKey: {key}.")
    lines += ["", "| column | type | meaning |", "|---|---|---|"]
    for column in mart["columns"].values():
        meaning = " ".join(column["description"].split()).replace("|", "\\|")
        lines.append(
            f"| `{column['name']}` | {column.get('data_type') or ''} | {meaning} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    write_marts(load_settings())
