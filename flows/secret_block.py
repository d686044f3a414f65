"""Keys that Prefect keeps: a recipe names a Secret block as `prefect:NAME`."""

from __future__ import annotations

from synthgen.errors import AnswerError


def secret_block(name: str) -> str:
    """What the Secret block of this name holds."""
    from prefect.blocks.system import Secret

    try:
        return str(Secret.load(name, _sync=True).get())
    except ValueError as error:
        raise AnswerError(
            f"Prefect holds no Secret block {name!r}. Create it on the page Blocks of `synthgen ui`, or name an "
            f"environment variable as key."
        ) from error
