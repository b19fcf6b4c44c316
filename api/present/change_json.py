"""The change between two editions as plain data for programs: keys may be added, never renamed."""

from __future__ import annotations

from typing import Any, get_args

from api.present.change_words import ChangeWords
from api.present.findings_json import place_json
from api.present.region_words import region_json
from engine.plan.nodes import Origin
from engine.prove.change import ItemChange, RegionChange, Status


def change_json(words: ChangeWords) -> dict[str, Any]:
    """Items whose text is the same are counted only; `conclusion` and what is `said` speak the language."""
    change = words.change
    counts = {status: sum(item.status == status for item in change.items) for status in get_args(Status)}
    before, after = words.sides
    return {
        "before": {"label": before.label, "edition": change.before},
        "after": {"label": after.label, "edition": change.after},
        "proved_same": change.is_proved_same,
        "conclusion": words.conclusion(),
        "counts": counts,
        "items": [_item(words, item) for item in change.items if item.status != "same_text"],
        "catalogue": [{"fact": c.fact, "before": c.before, "after": c.after} for c in change.catalogue],
        "wording": [
            {"id": r.id, "what": r.what, "before": r.before, "after": r.after} for r in words.rewordings()
        ],
    }


def _item(words: ChangeWords, item: ItemChange) -> dict[str, Any]:
    doubt = item.doubt and {"why": item.doubt.why, "about": list(item.doubt.about)}
    return {
        "id": item.id,
        "status": item.status,
        "before": _named(item.before),
        "after": _named(item.after),
        "complete": item.complete,
        "regions": [_region(words, item, region) for region in item.regions],
        "doubt": doubt,
    }


def _named(origin: Origin | None) -> dict[str, Any] | None:
    if origin is None:
        return None
    title = {"zh": origin.title.zh, "en": origin.title.en}
    return {"id": origin.id, "title": title, "place": place_json(origin.span)}


def _region(words: ChangeWords, item: ItemChange, change: RegionChange) -> dict[str, Any]:
    return {
        **region_json(change.region),
        "said": words.difference(item, change),
        "before": dict(change.before),
        "after": dict(change.after),
        "inside": words.ticket_json(change.inside),
        "boundaries": [
            {
                "fact": boundary.side.fact,
                "test": boundary.side.text,
                "outside": words.ticket_json(boundary.outside),
            }
            for boundary in change.boundaries
        ],
    }
