"""The `synthgen` command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from flows import server
from flows.cli_versions import versions_app
from flows.cli_words import EXAMPLES, AsJson, Named, Overrides, Recipe
from flows.terminal import print_json, print_table, say, tell
from synthgen.errors import SynthgenError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    help="""Fill thin classes with synthetic samples that are judged, versioned, explained and repeatable.

\b
  synthgen plan demo                         what would be made, and what the label contract refuses
  synthgen run demo                          make, judge, publish, audit
  synthgen audit demo --html                 what came out, as a page with pictures
  synthgen request demo --label 6 --count 20 more of one class: the dataset's next version

A RECIPE is the path of a TOML file or the name of a shipped recipe. A DATASET is a name under outputs/ or a
folder, at its newest version or at @v2.""",
)

app.add_typer(versions_app)


def main() -> None:
    """Run the command; a deliberate error is one clear line and its own exit code."""
    try:
        app()
    except SynthgenError as error:
        tell(f"synthgen: {error}")
        sys.exit(error.exit_code)


@app.command(
    help="Plan, make, judge, publish and audit. One Prefect flow run; nothing new is made if it is all there."
    + EXAMPLES
    + """  synthgen run demo
  synthgen run photos.toml --set source.path=photos --set targets.balance_to=300"""
)
def run(
    recipe: Recipe,
    overrides: Overrides = [],  # noqa: B006
    fresh: Annotated[bool, typer.Option("--fresh", help="Leave out what earlier requests added.")] = False,
    as_json: AsJson = False,
) -> None:
    from flows import start
    from synthgen.recipe import load_recipe

    load_recipe(recipe, overrides)  # a mistake in it is told before a server is started
    facts = start.generate(recipe, overrides, fresh)
    from flows.show_report import show_outcome

    show_outcome(facts, as_json)


@app.command(
    help="Show what a run would make. Per class and generator, with what the label contract refuses; loads no model."
    + EXAMPLES
    + """  synthgen plan demo
  synthgen plan signs.toml --set source.path=signs --json"""
)
def plan(recipe: Recipe, overrides: Overrides = [], as_json: AsJson = False) -> None:  # noqa: B006
    from flows.show_plan import planned, show
    from synthgen.recipe import load_recipe

    said = planned(load_recipe(recipe, overrides))
    print_json(said) if as_json else show(said)


@app.command(
    help="Show counts, yields, reasons and scores. --html writes a page with pictures instead."
    + EXAMPLES
    + """  synthgen audit demo
  synthgen audit demo@v1 --out audit.html
  synthgen audit demo --out sheet.png          a contact sheet"""
)
def audit(
    dataset: Named,
    html: Annotated[
        bool, typer.Option("--html", help="Write one self-contained page with pictures.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Where the page goes, or a contact sheet (.png).")] = None,
    as_json: AsJson = False,
) -> None:
    from flows.show_report import show_report, write_page
    from synthgen.dataset import open_dataset
    from synthgen.stages import audit as stage

    version = open_dataset(dataset)
    report = stage.audit(version)
    if as_json:
        print_json(report.to_json())
    elif not (html or out):
        show_report(report)
    if html or out:
        write_page(report, out or version.dataset.place / f"audit-{version.tag}.html")


@app.command(
    help="Measure whether the kept samples help. Trains with and without them, tests on the holdout; resumes."
    + EXAMPLES
    + """  synthgen lift demo
  synthgen lift photos@v2 --seeds 3 --set source.path=photos/train --html
  synthgen lift signs.toml --cut 0=20,1=16,2=12     cut train, make the samples for that, measure
  synthgen lift signs.toml --draws 3                over three draws of train from train and pool"""
)
def lift(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET[@VERSION]", help="A name under outputs/, a folder, or a recipe.")
    ],
    overrides: Overrides = [],  # noqa: B006
    seeds: Annotated[int | None, typer.Option(help="Trainings of each arm, at least 3.")] = None,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Also leave out each generator in turn, and split by scores.")
    ] = False,
    cut: Annotated[str, typer.Option(metavar="CLASS=N,...", help="Train samples to leave in a class.")] = "",
    redraw: Annotated[
        int | None,
        typer.Option(
            min=0, help="Draw train anew from train and pool, by this seed; with --draws the first of them."
        ),
    ] = None,
    draws: Annotated[
        int,
        typer.Option(min=1, help="Measure over this many draws of train, at least 3, each with new samples."),
    ] = 1,
    approve: Annotated[
        bool,
        typer.Option("--approve", help="Give the approved tag, if it shows what [lift] require asks for."),
    ] = False,
    html: Annotated[bool, typer.Option("--html", help="Write one self-contained page.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where the page goes; else beside the dataset.")] = None,
    as_json: AsJson = False,
) -> None:
    from flows import start
    from flows.lift import redraws, resolved

    overrides = [*overrides, *([] if seeds is None else [f"lift.seeds={seeds}"])]
    for seed in redraws(redraw, draws, approve):
        resolved(dataset, overrides, cut, seed)  # a mistake in it is told before a server is started
    facts = start.lift(
        dataset, overrides=overrides, ablate=ablate, cut=cut, redraw=redraw, draws=draws, approve=approve
    )
    from flows.show_lift import show_lift

    show_lift(facts, out, html=html or out is not None, as_json=as_json)


@app.command(
    name="list",
    help="List what recipes can name. KIND: generators, filters, readers, modalities, exports, benches or recipes."
    + EXAMPLES
    + "  synthgen list generators --modality image",
)
def list_(
    kind: Annotated[str, typer.Argument(metavar="KIND")],
    modality: Annotated[str | None, typer.Option(help="Only what works on this modality.")] = None,
    as_json: AsJson = False,
) -> None:
    from flows.show_plugins import listed

    rows = listed(kind, modality)
    print_json(rows) if as_json else print_table(kind, rows, f"There are no {kind}.")


@app.command(
    help="Start the Prefect server if none runs. Prints its address; it stays, and runs made before are there."
    + EXAMPLES
    + """  synthgen ui
  synthgen ui --port 4300
  synthgen ui --stop"""
)
def ui(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="4200 if left out.")] = None,
    host: Annotated[str, typer.Option(help="Loopback only: the server knows no passwords.")] = "127.0.0.1",
    foreground: Annotated[bool, typer.Option("--foreground", help="Run it here, until Ctrl-C.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End the server that `synthgen ui` started.")] = False,
    as_json: AsJson = False,
) -> None:
    server.refuse_others(host)
    server.configure()
    if stop:
        address = server.stop()
        say(f"Ended the server at {address}" if address else "No server of `synthgen ui` is running.")
        return
    if foreground:
        raise typer.Exit(server.run_here(host, port or server.PORT))
    started = (server.running() if port is None else None) or server.start(host, port or server.PORT)
    if as_json:
        print_json(started._asdict())
    else:
        say(
            f"{'The Prefect server is' if started.was_running else 'Started the Prefect server'} at {started.pages}"
        )


@app.command(
    help="Serve a recipe's deployments. `generate` (by its [schedule], or on demand) and `rare-class`, until Ctrl-C."
    + EXAMPLES
    + """  synthgen serve demo
  synthgen serve photos.toml --set source.path=photos"""
)
def serve(recipe: Recipe, overrides: Overrides = [], port: int | None = None) -> None:  # noqa: B006
    from synthgen.recipe import load_recipe

    loaded = load_recipe(recipe, overrides)
    server.configure()
    pages = ((server.running() if port is None else None) or server.start(port=port or server.PORT)).pages
    server.configure(f"{pages}/api")
    from flows.serve import serve_recipe

    tell(f"Serving generate/{loaded.name} and rare-class/{loaded.name}: {pages}/deployments. Ctrl-C ends it.")
    serve_recipe(loaded, recipe, overrides)


@app.command(
    help="Make more samples of one class. They are the dataset's next version; `rare-class` does it where it is served."
    + EXAMPLES
    + """  synthgen request demo --label 6 --count 20
  synthgen request demo --label 6 --count 20 --no-wait"""
)
def request(
    recipe: Recipe,
    label: Annotated[str, typer.Option(help="The class, exactly as the source names it.")],
    count: Annotated[int, typer.Option(help="Kept samples to add.")],
    overrides: Overrides = [],  # noqa: B006
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Don't wait for a served deployment to end.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    from flows import start
    from flows.request import checked_request

    dataset = checked_request(recipe, label, count, overrides).name
    with start.connected() as to_others:
        facts: dict[str, Any] | None = None
        if to_others:
            from flows.serve import lasting

            facts = start.ask_served(dataset, lasting(recipe), label, count, overrides, wait=not no_wait)
        if facts is None:
            facts = start.rare_class(recipe, label, count, overrides)
    if "version" in facts:
        from flows.show_report import show_outcome

        show_outcome(facts, as_json)
    else:
        print_json(facts) if as_json else say(f"It runs: {facts['page']}")


@app.command(help="Measure this installation." + EXAMPLES + "  synthgen bench overhead")
def bench(name: str, as_json: AsJson = False) -> None:
    from synthgen import registry

    figures = registry.find("benches", name)().run()
    print_json(figures._asdict()) if as_json else print_table(figures.title, figures.rows)


if __name__ == "__main__":
    main()
