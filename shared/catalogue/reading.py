"""Reads the parent folder of the tenants' folders. The only module here that touches files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.catalogue import checks, images
from shared.catalogue.files import Written, WrittenAchievement, read_file
from shared.catalogue.model import Issuer, LiveAchievement, Tenant
from shared.catalogue.picture import draw_badge
from shared.catalogue.problems import Problem

TESTS = "tests"
"""the folder of a tenant's own tests, beside its achievements"""
_ENDINGS = ("*.yaml", "*.yml")
_MAX_FILE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What a folder says, and what is wrong with it."""

    tenants: tuple[Tenant, ...]
    problems: tuple[Problem, ...]
    """to be mended"""
    folders: Mapping[str, str] = field(default_factory=dict)
    """the folder of each tenant, by the tenant's name"""

    @property
    def valid(self) -> bool:
        """Nothing has to be mended: it can go live."""
        return not self.problems


def read_catalogue(folder: Path) -> ReadResult:
    """Never raises for what is in the folder: it is told as a problem."""
    if not folder.is_dir():
        return ReadResult((), (Problem(str(folder), 1, 1, "is not a folder"),))
    if any((folder / name).is_file() for name in ("issuer.yaml", "issuer.yml")):
        message = "this is the folder of one issuer: give the folder that holds it"
        return ReadResult((), (Problem("issuer.yaml", 1, 1, message),))
    folders = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith((".", "_")))
    if not folders:
        return ReadResult((), (Problem(".", 1, 1, "there is no issuer's folder in it"),))
    written = {each: _read_folder(each, folder) for each in folders}
    problems = list(checks.across(issuer for each in written.values() for issuer in each.issuers))
    tenants: list[Tenant] = []
    named: dict[str, str] = {}
    for each, said in written.items():
        tenant = _tenant(each, folder, said, problems)
        if tenant is not None:
            tenants.append(tenant)
            named[tenant.issuer.tenant] = each.name
    return ReadResult(
        tuple(tenants),
        tuple(sorted(set(problems))),
        named,
    )


def read_test_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The tenants' own tests, as they are named in problems. What can't be read is empty."""
    for path in sorted(each for ending in _ENDINGS for each in folder.glob(f"*/{TESTS}/**/{ending}")):
        name = path.relative_to(folder)
        if not name.parts[0].startswith((".", "_")):
            yield name.as_posix(), _bytes(path) or b""


def _read_folder(folder: Path, root: Path) -> Written:
    together = Written()
    for path in sorted(each for ending in _ENDINGS for each in folder.rglob(ending)):
        if path.relative_to(folder).parts[0] == TESTS:
            continue
        name = path.relative_to(root).as_posix()
        content = _bytes(path)
        if content is None:
            together.problems.append(Problem(name, 1, 1, "the file can't be read"))
            continue
        said = read_file(name, content)
        together.issuers += said.issuers
        together.achievements += said.achievements
        together.names |= said.names
        together.problems += said.problems
    return together


def _tenant(folder: Path, root: Path, said: Written, problems: list[Problem]) -> Tenant | None:
    problems += said.problems
    name = folder.relative_to(root).as_posix()
    if not said.issuers:
        if not any(each.file.endswith(("issuer.yaml", "issuer.yml")) for each in said.problems):
            problems.append(Problem(f"{name}/issuer.yaml", 1, 1, 'the folder has no file that describes an "issuer"'))
        return None
    for extra in said.issuers[1:]:
        first = said.issuers[0].placed.file
        problems.append(extra.placed.at((), f"the folder's issuer is already described in {first}"))
    written = said.issuers[0]
    problems += checks.of_issuer(written)
    problems += checks.of_achievements(said.achievements, said.names, written)
    if written.issuer is None:
        return None
    image, image_type = _issuer_image(root, said, written.issuer, problems)
    return Tenant(
        issuer=written.issuer,
        sources=tuple(source for _, source in written.sources),
        scales=written.scales,
        achievements=tuple(_live(root, each, written.issuer, problems) for each in _in_order(said.achievements)),
        issuer_image=image,
        issuer_image_type=image_type,
    )


def _in_order(achievements: Sequence[WrittenAchievement]) -> list[WrittenAchievement]:
    return sorted(achievements, key=lambda each: (each.achievement.id, each.achievement.version))


def _live(root: Path, written: WrittenAchievement, issuer: Issuer, problems: list[Problem]) -> LiveAchievement:
    achievement = written.achievement
    image: bytes | None = None
    if achievement.image is not None:
        content = _sibling(root, written.placed.file, achievement.image)
        wrong = images.problem(achievement.image, content, ("png", "svg"))
        if wrong:
            problems.append(written.placed.at(("achievement", "image"), wrong))
        elif achievement.image.lower().endswith(".png"):
            image = content
    return LiveAchievement(
        tenant=issuer.tenant,
        achievement=achievement,
        earned_when=written.earned_when,
        image=image if image is not None else draw_badge(achievement.name, issuer.name),
    )


def _issuer_image(
    root: Path, said: Written, issuer: Issuer, problems: list[Problem]
) -> tuple[bytes | None, str | None]:
    if issuer.image is None:
        return None, None
    placed = said.issuers[0].placed
    content = _sibling(root, placed.file, issuer.image)
    wrong = images.problem(issuer.image, content, ("png", "svg", "jpg", "jpeg"))
    if wrong:
        problems.append(placed.at(("issuer", "image"), wrong))
        return None, None
    return content, images.media_type(issuer.image)


def _sibling(root: Path, file: str, name: str) -> bytes | None:
    """A file beside that one, or below the same tenant's folder; never outside of it."""
    tenant = (root / file.split("/", 1)[0]).resolve()
    for base in ((root / file).parent, tenant):
        path = (base / name).resolve()
        if path.is_relative_to(tenant) and path.is_file():
            return _bytes(path)
    return None


def _bytes(path: Path) -> bytes | None:
    try:
        if path.stat().st_size > _MAX_FILE:
            return b"" if path.suffix not in {".yaml", ".yml"} else path.read_bytes()[: _MAX_FILE + 1]
        return path.read_bytes()
    except OSError:
        return None
