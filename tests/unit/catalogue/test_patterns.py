from __future__ import annotations

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalogue.patterns import Pattern, PatternError


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("EDS101", ["EDS101"], ["eds101", "EDS1011", "xEDS101", "EDS101\n"]),
        ("EL-*", ["EL-", "EL-1", "EL-a/b"], ["el-1", "XEL-1"]),
        ("course-v1:Ex+EDS101+*", ["course-v1:Ex+EDS101+2026_T1"], ["course-v1:Ex+EDS102+2026_T1"]),
        ("https://x/*/end", ["https://x/a/b/end"], ["https://x/end/", "https://x/end"]),
        ("A?", ["AB"], ["A", "ABC"]),
        ("[AB]1", ["A1", "B1"], ["C1"]),
        ("[!A]1", ["B1"], ["A1"]),
        ("[a-c]", ["b"], ["d", "-"]),
        ("[]]", ["]"], ["x"]),
        ("[*]", ["*"], ["x"]),
        ("[a", ["[a"], ["a"]),
        ("{EDS,EL}-{1,2}", ["EDS-1", "EL-2"], ["EDS-3", "EDS-", "{EDS,EL}-1"]),
        ("a{b,c{d,e}}", ["ab", "acd", "ace"], ["ac", "a"]),
        ("a{,b}", ["a", "ab"], ["b"]),
        ("*a*b*", ["ab", "xaxbx"], ["ba"]),
        ("a.b+c", ["a.b+c"], ["axb+c"]),
        ("*", ["", "anything", "two\nlines"], []),
    ],
)
def test_what_a_pattern_fits(pattern: str, fits: list[str], does_not: list[str]) -> None:
    compiled = Pattern.parse(pattern)

    assert [each for each in fits if not compiled.matches((each,))] == []
    assert [each for each in does_not if compiled.matches((each,))] == []


def test_any_of_the_ids_will_do() -> None:
    assert Pattern.parse("EDS101").matches(("https://lms.example/c/5", "EDS101"))


@pytest.mark.parametrize("text", ["", "a" * 501, "{a", "a}", "{a,{b}", "{1,2,3,4,5,6}" * 3, "{a,b}" * 60])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        Pattern.parse(text)


def test_no_id_makes_a_pattern_slow() -> None:
    pattern = Pattern.parse("*a" * 40 + "*b")
    begun = time.perf_counter()

    assert not pattern.matches(("a" * 20_000,))

    assert time.perf_counter() - begun < 0.5


alphabet = st.text("ab*?-/", max_size=8)


@given(alphabet.filter(bool), st.text("ab-/\n", max_size=8))
def test_it_agrees_with_the_standard_library_where_both_speak(pattern: str, text: str) -> None:
    assert Pattern.parse(pattern).matches((text,)) == fnmatch.fnmatchcase(text, pattern)


@given(st.text("ab*?[]!{},-", min_size=1, max_size=10), st.text("ab-", max_size=6))
def test_what_an_index_is_told_is_true_of_all_that_fits(text: str, id_: str) -> None:
    try:
        pattern = Pattern.parse(text)
    except PatternError:
        return

    if pattern.matches((id_,)):
        assert any(
            id_ == each.prefix if each.literal else id_.startswith(each.prefix) and id_.endswith(each.suffix)
            for each in pattern.alternatives
        )
