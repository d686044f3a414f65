"""What cannot be written is said with a remedy that holds."""

import errno
import os

import pytest

from synthgen.durable import writing_to
from synthgen.errors import PublishError

ERRORS = (errno.ENOSPC, errno.EFBIG, errno.EACCES, errno.ENOTDIR, errno.EIO)


def said(place, number: int, **how: bool) -> str:
    with pytest.raises(PublishError) as caught, writing_to(place, **how):
        raise OSError(number, os.strerror(number))
    return str(caught.value)


@pytest.mark.parametrize("number", ERRORS)
def test_a_failed_write_names_the_place_and_what_to_do(tmp_path, number):
    for staged in (True, False):
        words = said(tmp_path, number, staged=staged)
        assert str(tmp_path) in words
        assert os.strerror(number) in words
        assert "run again" in words or "another place" in words
        assert "--outputs" not in words


@pytest.mark.parametrize("number", ERRORS)
def test_only_a_run_promises_to_go_on_from_its_staging_folder(tmp_path, number):
    assert "staging" not in said(tmp_path, number, staged=False)
    assert "publish.to" not in said(tmp_path, number, staged=False)
    assert ("staging" in said(tmp_path, number)) == (number in (errno.ENOSPC, errno.EFBIG, errno.EIO))
