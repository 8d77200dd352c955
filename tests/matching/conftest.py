"""Two series of two police forces in which files match."""

import pytest

from tests.matching.pairs import describe, make_match


@pytest.fixture
def match(cast):
    return make_match(cast)


@pytest.fixture
def described(cast, match):
    describe(cast, match)
    return match
