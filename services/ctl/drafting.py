"""A designer's first files, from a few answers: right as they are, with what may come next as comments. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IssuerDraft:
    """Who awards, and where events come from."""

    tenant: str
    name: str
    url: str
    host: str
    """at which the portal will be reachable"""
    timezone: str
    source: str
    dialect: str
    topic: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class AchievementDraft:
    """What is awarded, and for what."""

    slug: str
    name: str
    description: str
    type: str
    course: str
    score: str | None = None

    @property
    def criteria(self) -> str:
        """As a person reads it."""
        grade = f" with at least {self.score}" if self.score else ""
        return f"Completed {self.course}{grade}."


def slug_of(name: str) -> str:
    """`Künstliche Intelligenz, Teil 1` → `kunstliche-intelligenz-teil-1`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:100].strip("-")


def issuer_file(draft: IssuerDraft) -> str:
    """`issuer.yaml`."""
    email = f"  email: {_text(draft.email)}\n" if draft.email else "  # email: badges@example.org\n"
    return f"""\
# Who awards these badges. Every field is in docs/criteria.md.
issuer:
  tenant: {_text(draft.tenant)}
  # the address at which badges will be found; it is in every credential and can't change later
  id: {_text(f"did:web:{draft.host}")}
  name: {_text(draft.name)}
  url: {_text(draft.url)}
{email}\
  timezone: {_text(draft.timezone)}            # days are counted here
  # description: One sentence about the issuer.
  # image: logo.png
  # accreditation:
  #   - {{by: Who recognises you, url: "https://…"}}
sources:
  # where events come from: docs/sources.md says what to set up in the LMS
  - {{name: {_text(draft.source)}, dialect: {draft.dialect}, topic: {_text(draft.topic)}}}
"""


def achievement_file(draft: AchievementDraft) -> str:
    """`achievements/<slug>.yaml`."""
    course = _text(draft.course)
    leaves = [f"    - completed: {{course: {course}}}"]
    if draft.score:
        leaves.append(f"    - score: {{course: {course}, at_least: {_text(draft.score)}}}")
    return f"""\
# One achievement. Once it is live, this version never changes: to edit it, raise the version.
achievement:
  id: {draft.slug}
  version: 1
  type: {_text(draft.type)}
  name: {_text(draft.name)}
  description: {_text(draft.description)}
  criteria: {_text(draft.criteria)}             # what people read; what counts is earned_when
  # What makes a badge worth more to an employer (`laurel catalogue check --profile eu-microcredential` counts it):
  # learning_outcomes: [Designs …, Operates …]
  # credits: {{ects: 3, level: "EQF 6", workload: PT75H}}
  # assessment: {{type: exam, supervised: true, identity_checked: true}}
  # participation: online                      # online, onsite or blended
  # quality: {{assured_by: Who checks the quality}}
  # country: NL
  # alignment:
  #   - {{name: A skill, url: "http://data.europa.eu/esco/skill/…", framework: ESCO}}
  # valid_for: P3Y                             # without it, the badge has no end date
  # issue_after: P2D                           # wait, as grades may still be corrected

# The criteria. `course` is a pattern: * stands for anything. All there is, is in docs/criteria.md.
earned_when:
  all:
{chr(10).join(leaves)}
    # - count: {{of: {{completed: {{course: "ELECTIVE-*"}}}}, at_least: 2, within: P1Y}}
    # - holds: another-achievement
"""


def test_file(draft: AchievementDraft) -> str | None:
    """`tests/<slug>.yaml`: what `check` holds the criteria to. None where no id comes to mind that the pattern fits."""
    example = draft.course.replace("*", "1").replace("?", "1")
    if any(each in example for each in "[]{}"):
        return None
    course = _text(example)
    score = f", score: {_text(draft.score)}" if draft.score else ""
    return f"""\
# What learners do, and what that should come to: run by `laurel catalogue check`.
tests:
  - name: Who completes the course earns it
    given:
      - {{verb: completed, course: {course}{score}, at: 2026-05-01}}
    expect: {draft.slug}

  - name: Who fails doesn't
    given:
      - {{verb: failed, course: {course}, success: false, at: 2026-05-01}}
    expect: none
"""


def _text(value: str | None) -> str:
    """As YAML and JSON both quote it; plain where nothing can be misread."""
    if value and re.fullmatch(r"[A-Za-z][A-Za-z0-9/ ._-]*[A-Za-z0-9]", value):
        return value if value.lower() not in {"true", "false", "null", "yes", "no"} else f'"{value}"'
    return json.dumps(value, ensure_ascii=False)
