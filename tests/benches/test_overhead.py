"""The overhead benchmark measures the ways it names, each in a process of its own."""

import pytest

from synthgen.benches.overhead import Overhead, noise


@pytest.mark.slow
def test_every_way_is_measured_beside_the_plain_loop(monkeypatch):
    title, rows = Overhead(few=500, many=1500, ways=("plain", "process")).run()
    assert "1,500 samples of 12 KB" in title
    plain, process = rows
    assert plain["what"] == "plain loop to parquet"
    assert plain["more than the loop"] == 0
    beside = process["CPU µs a sample"] - plain["CPU µs a sample"]
    assert process["more than the loop"] == pytest.approx(beside, abs=0.2)  # each figure is rounded
    assert process["peak MB, 1,500"] > 50


def test_a_sample_is_12_kilobytes_and_repeats():
    assert noise(3).nbytes == 12_288
    assert (noise(3) == noise(3)).all()
    assert (noise(3) != noise(4)).any()
