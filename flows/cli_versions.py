"""Commands about what was published: versions, their differences, checks and exports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli_words import EXAMPLES, AsJson, Named
from flows.terminal import print_json, print_table, say
from synthgen.errors import DatasetError

versions_app = typer.Typer()
"""Its commands stand among those of `synthgen`."""


@versions_app.command(
    help="Make one published sample again, alone. Says whether it is identical; exit code 5 if it is not."
    + EXAMPLES
    + "  synthgen replay demo 3f2a9c          (the first characters of an id are enough)"
)
def replay(
    dataset: Named,
    sample_id: Annotated[str, typer.Argument(metavar="SAMPLE_ID")],
    out: Annotated[Path | None, typer.Option(help="Write what was made to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    from flows.show_report import show_replayed
    from synthgen.dataset import open_dataset
    from synthgen.stages import replay as stage

    if not show_replayed(stage.replay(open_dataset(dataset), sample_id), out, as_json):
        raise typer.Exit(DatasetError.exit_code)


@versions_app.command(
    help="Check hashes, lineage and versions. Reads every payload; exit code 5 if anything is wrong."
    + EXAMPLES
    + "  synthgen verify demo"
)
def verify(dataset: Named, as_json: AsJson = False) -> None:
    from flows.show_dataset import show_verified
    from synthgen.dataset import open_dataset
    from synthgen.stages import verify as stage

    if not show_verified(stage.verify(open_dataset(dataset)), as_json):
        raise typer.Exit(DatasetError.exit_code)


@versions_app.command(
    help="List a dataset's versions, the newest last." + EXAMPLES + "  synthgen versions demo"
)
def versions(dataset: Named, as_json: AsJson = False) -> None:
    from flows.show_dataset import version_rows

    rows = version_rows(dataset)
    print_json(rows) if as_json else print_table(f"Versions of {dataset}", rows)


@versions_app.command(
    help="Write the kept samples of a version in another format."
    + EXAMPLES
    + """  synthgen export demo@v1 --to image-folder demo-pictures
  synthgen export demo --to hf-parquet demo-parquet --with-sources"""
)
def export(
    dataset: Named,
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="A folder that does not exist yet, or is empty.")
    ],
    to: Annotated[str, typer.Option(metavar="FORMAT", help="See `synthgen list exports`.")],
    with_sources: Annotated[
        bool, typer.Option("--with-sources", help="Add the real ones they descend from.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    from flows.show_dataset import exported

    facts = exported(dataset, to, out, with_sources)
    print_json(facts) if as_json else say(f"{facts['samples']} samples are in {facts['folder']}")


@versions_app.command(
    help="Show what came, went and changed between two versions of a dataset, per class and generator."
    + EXAMPLES
    + """  synthgen diff demo v1 v2
  synthgen diff demo v1 v2 --ids"""
)
def diff(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="A name under outputs/ or a folder.")],
    before: Annotated[str, typer.Argument(metavar="V1", help="A version, such as v1.")],
    after: Annotated[str, typer.Argument(metavar="V2", help="Another version.")],
    ids: Annotated[bool, typer.Option("--ids", help="List the samples too.")] = False,
    as_json: AsJson = False,
) -> None:
    from flows.show_diff import show_diff
    from synthgen.dataset import open_dataset
    from synthgen.stages import diff as stage

    one, other = (open_dataset(f"{dataset}@{tag}") for tag in (before, after))
    show_diff(stage.diff(one, other), ids, as_json)
