"""What is wrong with the facts of an example, told to who wrote them in Chinese."""

from __future__ import annotations

from dataclasses import replace

from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.read.chinese.words import Twins, is_chinese, unquoted
from engine.rulebook.model import Catalogue
from engine.rulebook.surface.vocabulary import Vocabulary


def retold(problem: Finding, catalogue: Catalogue) -> Finding:
    """The finding with Chinese words to choose from, where a Chinese word is not known."""
    written = problem.values.get("name") or problem.values.get("written", "")
    if not is_chinese(written):
        return problem
    known = _known(problem, Vocabulary(catalogue))
    members = {"members": ", ".join(known.english)} if problem.code == "F006" else {}
    near = closest(unquoted(written), known)
    return replace(problem, values={**problem.values, **members}, suggestion=near)


def _known(problem: Finding, words: Vocabulary) -> Twins:
    """The facts, the fields of a record or the values, by where in the facts the word stands."""
    path = (problem.pointer or "").strip("/").split("/")
    subject = words.subject(path[0])
    in_record = len(path) > 1
    if problem.code == "F006":
        return (subject.of_fields.get(path[-1], subject) if in_record else subject).members
    return subject.fields if in_record else words.facts
