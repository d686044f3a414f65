"""What commands take, in the same words everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

Recipe = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe's TOML file, or a shipped recipe's name.")
]
Named = Annotated[
    str,
    typer.Argument(metavar="DATASET[@VERSION]", help="A name under outputs/ or a folder, such as demo@v2."),
]
Overrides = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting: generate.0.share=0.5. Repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document in place of tables.")]
EXAMPLES = "\n\n\b\nExamples:\n"
