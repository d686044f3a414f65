"""Nothing gets lost: the sums that hold for every run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthgen.errors import BalanceError
from synthgen.rows import DECISIONS


def check_sources(record: Mapping[str, Any]) -> None:
    """Raise BalanceError unless source items = read + quarantined."""
    source = record["source"]
    items, read, quarantined = source["items"], source["read"], len(source["quarantined"])
    if items != read + quarantined:
        raise BalanceError(f"{items} source items, but {read} were read and {quarantined} quarantined.")


def check_jobs(record: Mapping[str, Any], counted: Mapping[str, int]) -> None:
    """Raise BalanceError unless jobs = kept + surplus + rejected + failed, and the rows agree with each."""
    counts = record["counts"]
    said = {decision: counts[decision] for decision in DECISIONS}
    if counts["jobs"] != sum(said.values()):
        parts = ", ".join(f"{n} {decision}" for decision, n in said.items())
        raise BalanceError(f"{counts['jobs']} jobs, but {parts}: together {sum(said.values())}.")
    there = {decision: counted.get(decision, 0) for decision in DECISIONS}
    if said != there:
        raise BalanceError(f"the run counted {said}, but the rows say {there}.")
