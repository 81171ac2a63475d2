"""The demo's claims fail when the world is not as claimed."""

import uuid
from types import SimpleNamespace

import pytest

from demo import verdict
from demo.client import Write, longest_gap
from demo.loanserve import TABLES
from demo.tables import Content

REQUESTED = 100.0
SOURCE = "127.64.0.2:5432"
TARGET = "127.64.0.3:5432"


def write(number, at, place):
    return Write(uuid.UUID(int=number), 18_001, number, at - 0.01, at, at, place)


EARLY = write(1, 90, SOURCE)
LATE = write(2, 110, SOURCE)
MOVED = write(3, 111, TARGET)


def content(rows, *writes):
    keys = frozenset((each.reference, each.loan, each.amount) for each in writes)
    return Content(rows, keys, keys)


FULL = {table: (10, "digest") for table in TABLES}
DAMAGED = FULL | {"loans": (1, "other")}
STANDING = {"Status": "available"}


def story(**changes):
    before = verdict.Before(content(FULL), content(DAMAGED), STANDING, "{}", "v1")
    result = {
        "outcome": "recovered",
        "target": {"endpoint": "127.64.0.3", "port": 5432},
        "proof": {"passed": 9, "failed": 0, "unchecked": 0},
    }
    fields = {"result": result, "writes": [EARLY, LATE, MOVED], "began": 105.0, "ended": 111.5}
    return verdict.Story(requested=REQUESTED, before=before, seeded={}, **(fields | changes))


LOGIN = {"host": "127.64.0.3", "port": 5432}


def test_a_true_story_is_believed():
    told = story()
    target = content(FULL, EARLY, MOVED)
    source = SimpleNamespace(standing=lambda: STANDING)
    claims = [
        verdict._proven(told.result),
        *verdict._rows_are_back(told.before.undamaged, target),
        verdict._writes_before(told, target),
        verdict._nothing_after(told, target),
        verdict._carries_on(told, target, LOGIN),
        verdict._source_untouched(told, content(DAMAGED, EARLY, LATE), source),
    ]
    assert [claim.text for claim in claims if not claim.holds] == []


@pytest.mark.parametrize("proof", [{"failed": 1}, {"unchecked": 1}, {"passed": 0}])
def test_an_incomplete_proof_is_none(proof):
    result = story().result
    assert not verdict._proven(result | {"proof": result["proof"] | proof}).holds


def test_an_undone_run_is_no_recovery():
    assert not verdict._proven(story().result | {"outcome": "undone"}).holds


@pytest.mark.parametrize("found", [(9, "digest"), (10, "other"), (11, "digest")])
def test_each_table_is_compared_by_number_and_content(found):
    claims = verdict._rows_are_back(content(FULL), content(FULL | {"payments": found}))
    assert [claim.text for claim in claims if not claim.holds] == ["payments as before"]


def test_a_lost_write_is_noticed():
    assert not verdict._writes_before(story(), content(FULL, MOVED)).holds


def test_a_write_from_after_the_requested_second_is_noticed():
    assert not verdict._nothing_after(story(), content(FULL, EARLY, LATE)).holds


def test_a_write_that_the_target_acknowledged_must_be_in_it():
    assert not verdict._carries_on(story(), content(FULL, EARLY), LOGIN).holds


def test_a_secret_that_leads_back_to_the_source_is_noticed():
    assert not verdict._carries_on(story(), content(FULL, EARLY, MOVED), LOGIN | {"host": "127.64.0.2"}).holds


@pytest.mark.parametrize(
    ("left", "standing"),
    [
        (content(FULL, EARLY, LATE), STANDING),
        (content(DAMAGED, EARLY), STANDING),
        (content(DAMAGED, EARLY, LATE), {"Status": "deleting"}),
    ],
)
def test_a_touched_source_is_noticed(left, standing):
    assert not verdict._source_untouched(story(), left, SimpleNamespace(standing=lambda: standing)).holds


def test_the_gap_reaches_from_write_to_write_and_to_both_ends():
    writes = [write(number, at, SOURCE) for number, at in enumerate([1.0, 2.0, 5.0])]
    assert longest_gap(writes, 0.5, 5.5) == 3.0
    assert longest_gap(writes, 0.5, 9.5) == 4.5
    assert longest_gap([], 1.0, 3.0) == 2.0
