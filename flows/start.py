"""Start a flow from the command line: here, or through the deployment that is being served."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flows import server
from flows.terminal import tell, watching
from synthgen import errors
from synthgen.errors import ServerError, SynthgenError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

STILL_SERVED_S = 20
DELIVERED_WITHIN_S = 10
WAITING = {
    "Scheduled": "Waiting until it is taken up, within a few seconds.",
    "Late": "Waiting: another run of this dataset is at work.",
    "AwaitingConcurrencySlot": "Waiting: another run of this dataset is at work.",
}


@contextmanager
def connected() -> Iterator[bool]:
    """Have a server to report to: the one that answers (then True), else one for the time being."""
    if dead := server.silent():
        tell(f"The configured Prefect server at {dead} does not answer.")
    if url := server.find():
        server.configure(url, quiet=True)
        tell(f"This run shows at {url.removesuffix('/api')}")
        yield True
        return
    tell("Starting a temporary Prefect server: 5 to 20 s (`synthgen ui` keeps one running).")
    from flows.temporary_server import temporary_server

    server.configure(quiet=True)
    with interruptible("Nothing was made yet."), temporary_server() as url:
        server.configure(url, quiet=True)
        pages = url.removesuffix("/api")
        tell(f"This run is shown at {pages}/runs until it ends, and by `synthgen ui` later.")
        try:
            yield False
        finally:
            _deliver()


def generate(recipe: str, overrides: Sequence[str], fresh: bool) -> dict[str, Any]:
    """Run the `generate` flow here, with progress shown; what it returns."""
    with connected():
        from flows.generate import generate_dataset

        return _run(lambda: generate_dataset(recipe=recipe, overrides=list(overrides), fresh=fresh))


def rare_class(recipe: str, label: str, count: int, overrides: Sequence[str]) -> dict[str, Any]:
    """Run the `rare-class` flow here, with progress shown; what it returns."""
    from flows.rare_class import generate_rare_class

    return _run(
        lambda: generate_rare_class(recipe=recipe, label=label, count=count, overrides=list(overrides))
    )


def lift(dataset: str, **asked: Any) -> dict[str, Any]:
    """Run the `lift` flow here with these parameters, with progress shown; what it returns."""
    with connected():
        from flows.lift import measure_lift

        return _run(lambda: measure_lift(dataset=dataset, **asked))


def ask_served(
    dataset: str, recipe: str, label: str, count: int, overrides: Sequence[str], wait: bool
) -> dict[str, Any] | None:
    """Have the deployment that serves this very recipe do it; None if it is not being served.

    Returns what the flow returns, or the run's id and page if `wait` is False.
    """
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.objects import DeploymentStatus
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(f"rare-class/{dataset}")
        except ObjectNotFound:
            return None
        asked = {"recipe": recipe, "overrides": list(overrides)}
        if deployment.status != DeploymentStatus.READY:
            return None
        if {key: deployment.parameters.get(key) for key in asked} != asked:
            return None
        run = client.create_flow_run_from_deployment(
            deployment.id, parameters={"label": label, "count": count}
        )
        page = f"{str(client.api_url).removesuffix('/').removesuffix('/api')}/runs/flow-run/{run.id}"
        tell(f"Asked the served deployment rare-class/{dataset}: {page}")
        if not wait:
            return {"flow_run": str(run.id), "page": page}
        return _result(_followed(client, run))


@contextmanager
def interruptible(said: str) -> Iterator[None]:
    """Ctrl-C ends with a sentence in place of a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        tell(f"\nStopped. {said}")
        raise SystemExit(130) from None


def _run(flow: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    from flows.executor import listener

    with interruptible("What was staged is kept: the same command goes on from there."), watching() as listen:
        token = listener.set(listen)
        try:
            return flow()
        finally:
            listener.reset(token)


def _deliver() -> None:
    """Let what Prefect still holds, logs and the ends of task runs, reach a server that is about to go."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    APILogWorker.drain_all(timeout=DELIVERED_WITHIN_S)
    EventsWorker.drain_all(timeout=DELIVERED_WITHIN_S)


def _followed(client: SyncPrefectClient, run: FlowRun) -> FlowRun:
    """The run once it has ended; says each new state."""
    last, asked = "", time.monotonic()
    with interruptible(f"The run {run.id} goes on where it is served."):
        while not (run.state and run.state.is_final()):
            name = str(run.state.name) if run.state else "Scheduled"
            if name != last:
                tell(WAITING.get(name, name))
                last = name
            if run.start_time is None and time.monotonic() - asked > STILL_SERVED_S:
                asked = time.monotonic()
                _still_served(client, run)
            time.sleep(1)
            run = client.read_flow_run(run.id)
    return run


def _still_served(client: SyncPrefectClient, run: FlowRun) -> None:
    from prefect.client.schemas.objects import DeploymentStatus

    if run.deployment_id and client.read_deployment(run.deployment_id).status != DeploymentStatus.READY:
        raise ServerError("nobody serves the deployment any more: the run waits for `synthgen serve`.")


def _result(run: FlowRun) -> dict[str, Any]:
    state = run.state
    if state is not None and state.is_completed():
        return dict(state.result())
    said = (state.message if state else "") or "no state"
    raise _as_raised(said)


def _as_raised(said: str) -> SynthgenError:
    """The error that ended a run elsewhere, from the words in its state: `... exception: RecipeError: no class`."""
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, SynthgenError) and f" {name}: " in said:
            return kind(said.split(f" {name}: ", 1)[1])
    return ServerError(f"the run ended otherwise: {said}")
