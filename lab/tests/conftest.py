"""Labs for the tests: one of its own for a test, one shared by a module, or any number with options."""

import pytest
from labs import Lab


@pytest.fixture
def start_lab():
    """Starts labs with any arguments; all are stopped at the end and must leave no process."""
    labs = []

    def start(*arguments, **options):
        labs.append(Lab(*arguments, **options))
        return labs[-1]

    yield start
    for lab in labs:
        if lab.process.returncode is None:
            _, _, err, left = lab.stop()
            assert (err, left) == ("", [])


@pytest.fixture
def lab(start_lab, request):
    """A lab of the test's own; arguments can be given by indirect parametrization."""
    return start_lab(*getattr(request, "param", ()))


@pytest.fixture(scope="module")
def shared_lab():
    """A lab that the tests of a module share, each with cluster names of its own."""
    lab = Lab("--lag", "0.4")
    yield lab
    _, _, err, left = lab.stop()
    assert (err, left) == ("", [])
