"""What all tests share."""

import os
import shutil

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")


def needed(program: str) -> str:
    """The path of a system program; skips the test where it is missing, or fails it where CI must run everything."""
    if path := shutil.which(program):
        return path
    reason = f"{program} is not installed (apt-get install {program})"
    if os.environ.get("SYNTHGEN_MUST_RUN"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium."""
    return needed("chromium")
