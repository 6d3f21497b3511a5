"""Canonical N-Quads of JSON-LD documents (RDFC-1.0), with the expansion done once for all documents of one shape.

Documents that differ only in their strings expand alike. So each shape is expanded once, by pyld, with placeholders for
strings; after that only the values are put in and the blank nodes named. The result is byte for byte what pyld makes of
the document; what a signature wouldn't cover (unknown terms, relative addresses, nulls) is refused, never dropped.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from threading import Lock
from typing import Any

import pyoxigraph
from pyld import jsonld

from shared.errors import Rejected
from shared.openbadges.contexts import document_loader
from shared.openbadges.nquads import escape, is_iri, is_signable
from shared.openbadges.skeleton import Key, Uncovered, placed, skeleton

_SLOT = "urn:laurel:slot:"
"""Begins a placeholder. No document can hold one where it counts: all of its strings have become placeholders."""
_UNDEFINED = "urn:laurel:undefined#"
_DOUBLE = "^^<http://www.w3.org/2001/XMLSchema#double>"
_LIST = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#first>"
_BLANK = re.compile(r"(?:^|(?<= ))_:b\d+(?= )")
_ONLY = "_:c14n0"
_MAX_ENTWINED = 12
_MAX_SHAPES = 512

_Pick = Callable[[list[str]], tuple[str, ...]]


class NotSupported(Rejected):
    """Well-formed perhaps, but of a kind whose canonical form isn't computed here."""

    code = "unsupported_document"


@dataclass(frozen=True, slots=True)
class _Template:
    """Lines with gaps, and the values that fill them in order."""

    text: str
    pick: _Pick

    def filled(self, values: list[str]) -> str:
        return self.text % self.pick(values)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A document's expansion without its strings."""

    ground: _Template
    blank: _Template
    iris: tuple[int, ...]

    def canonical(self, values: list[str]) -> str:
        for slot in self.iris:
            if not is_iri(values[slot]):
                msg = "a link or an id isn't an absolute, percent-encoded address, so a signature wouldn't cover it"
                raise Uncovered(msg)
        if not is_signable("".join(values)):
            msg = "a text has control characters, which implementations sign differently"
            raise Uncovered(msg)
        escaped = [escape(value) for value in values]
        lines = set(self.ground.filled(escaped).split("\n"))
        lines.update(_named(self.blank.filled(escaped)).split("\n"))
        lines.discard("")
        return "\n".join(sorted(lines)) + "\n"


class Shapes:
    """The shapes seen so far: one for each process, bounded, safe to share between threads."""

    def __init__(self, most: int = _MAX_SHAPES) -> None:
        self._most = most
        self._known: OrderedDict[Key, _Shape] = OrderedDict()
        self._lock = Lock()

    def canonical(self, document: Mapping[str, Any]) -> str:
        """The document's canonical N-Quads. Raises Uncovered, UnknownContext or NotSupported; never guesses."""
        values: list[str] = []
        key = skeleton(document, values)
        shape = self._known.get(key)
        if shape is None:
            shape = self._learn(key, document, len(values))
        return shape.canonical(values)

    def _learn(self, key: Key, document: Mapping[str, Any], slots: int) -> _Shape:
        shape = _compiled(document, slots)
        with self._lock:
            self._known[key] = shape
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return shape


def _compiled(document: Mapping[str, Any], slots: int) -> _Shape:
    sketch = placed(document, _SLOT)
    _refuse_undefined(sketch)
    lines = _expanded(sketch).split("\n")[:-1]
    _refuse_unsupported(lines)
    iris = _positions(lines, re.compile(f"<{_SLOT}(\\d+):>"))
    texts = _positions(lines, re.compile(f'"{_SLOT}(\\d+):"'))
    if iris & texts or iris | texts != set(range(slots)):
        msg = "a value isn't covered by what the document's contexts define"
        raise Uncovered(msg)
    if len({name for line in lines for name in _BLANK.findall(line)}) == 1:
        # the only one of its kind: there is no other name for it
        lines = [_BLANK.sub(_ONLY, line) for line in lines]
    gap = re.compile(f"{_SLOT}(\\d+):")
    blank = [line for line in lines if _BLANK.search(line)]
    ground = [line for line in lines if not _BLANK.search(line)]
    return _Shape(_template(ground, gap), _template(blank, gap), tuple(sorted(iris)))


def _refuse_undefined(sketch: dict[str, Any]) -> None:
    contexts = sketch["@context"]
    told = {**sketch, "@context": [*(contexts if isinstance(contexts, list) else [contexts]), {"@vocab": _UNDEFINED}]}
    if _UNDEFINED in _expanded(told):
        msg = "the document uses a term that its contexts don't define, so a signature wouldn't cover it"
        raise Uncovered(msg)


def _refuse_unsupported(lines: list[str]) -> None:
    if any(_LIST in line or (_DOUBLE in line and _SLOT in line) for line in lines):
        msg = "documents with ordered lists or computed numbers aren't supported"
        raise NotSupported(msg)
    entwined = {name for line in lines if len(found := set(_BLANK.findall(line))) > 1 for name in found}
    if len(entwined) > _MAX_ENTWINED:
        msg = "the document nests more nameless objects than are safe to canonicalise"
        raise NotSupported(msg)


def _expanded(document: dict[str, Any]) -> str:
    try:
        quads: str = jsonld.to_rdf(document, {"format": "application/n-quads", "documentLoader": document_loader})
    except jsonld.JsonLdError as error:
        refusal = _refusal(error)
        if refusal is not None:
            raise refusal from error
        msg = "the document isn't valid JSON-LD under its contexts"
        raise Uncovered(msg) from error
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
        # pyld trips over values of kinds that it doesn't expect
        msg = "the document isn't JSON-LD that can be expanded"
        raise Uncovered(msg) from error
    return quads


def _refusal(error: BaseException | None) -> Rejected | None:
    """Ours, if one of ours is what pyld wrapped."""
    while error is not None:
        if isinstance(error, Rejected):
            return error
        error = getattr(error, "cause", None) or error.__cause__
    return None


def _positions(lines: list[str], term: re.Pattern[str]) -> set[int]:
    return {int(slot) for line in lines for slot in term.findall(line)}


def _template(lines: list[str], gap: re.Pattern[str]) -> _Template:
    text = "\n".join(lines)
    slots = [int(slot) for slot in gap.findall(text)]
    return _Template(gap.sub("%s", text.replace("%", "%%")), _picker(slots))


def _picker(slots: list[int]) -> _Pick:
    match slots:
        case []:
            return lambda values: ()
        case [only]:
            return lambda values: (values[only],)
        case _:
            return itemgetter(*slots)


def _named(quads: str) -> str:
    """Blank nodes by their canonical names. Nothing but the lines that hold one takes part in naming them."""
    if not quads:
        return ""
    try:
        dataset = pyoxigraph.Dataset(pyoxigraph.parse(quads.encode(), format=pyoxigraph.RdfFormat.N_QUADS))
    except (SyntaxError, ValueError) as error:
        msg = "the document holds an address or a text that RDF has no place for"
        raise Uncovered(msg) from error
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    named = pyoxigraph.serialize(dataset, format=pyoxigraph.RdfFormat.N_QUADS)
    return named.decode() if named else ""
