"""Fixtures of the models' tests: the shipped bundle, loaded once."""

import pytest

from models import Bundle, load_bundle


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The shipped artefact."""
    return load_bundle()
