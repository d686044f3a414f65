"""What a crash or a power cut leaves in a Lance folder, and how it is cleared away without touching a version."""

from __future__ import annotations

import json
import time
from pathlib import Path

_LEFT_OVER_S = 3600


def torn(uri: Path) -> list[Path]:
    """Manifests and tags that a power cut left empty or cut off.

    A tagged version's manifest was synced before its tag was written: if that one is damaged, it is not ours to remove.
    """
    tags = sorted((uri / "_refs" / "tags").glob("*.json"))
    tagged = {tag["version"] for p in tags if (tag := _json(p))}
    manifests = [p for p in sorted((uri / "_versions").glob("*.manifest")) if p.stem.isdigit()]
    return [p for p in tags if not _json(p)] + [
        p for p in manifests if not _ends_whole(p) and number_of(p) not in tagged
    ]


def stamp(uri: Path) -> list[tuple[str, int, int]]:
    """What changes when a version or tag comes, goes or is written anew; cheaper than opening the dataset."""
    files = [*(uri / "_versions").glob("*.manifest"), *(uri / "_refs" / "tags").glob("*.json")]
    return sorted((f.name, (said := f.stat()).st_mtime_ns, said.st_ino) for f in files)


def remove_torn(uri: Path) -> list[str]:
    """Remove what `torn` finds, so that the version before opens again; says what was done."""
    done = []
    for path in torn(uri):
        path.unlink()
        done.append(f"removed {path.relative_to(uri)}, which a power cut had left unfinished")
    if done:
        (uri / "_versions" / "latest_version_hint.json").unlink(missing_ok=True)
    return done


def remove_left_over(uri: Path) -> list[str]:
    """Remove data files that no version names, if they are too old to be just being written; says what was done."""
    import lance

    newest = lance.dataset(str(uri))
    named = {
        Path(file.path).name
        for version in newest.versions()
        for fragment in newest.checkout_version(version["version"]).get_fragments()
        for file in fragment.data_files()
    }
    done = []
    for path in sorted((uri / "data").glob("*.lance")):
        if path.name not in named and time.time() - path.stat().st_mtime > _LEFT_OVER_S:
            path.unlink()
            done.append(f"removed data/{path.name}, which no version names")
    return done


def manifest_path(uri: Path, number: int) -> Path:
    """Where Lance keeps the manifest of a version."""
    return uri / "_versions" / f"{2**64 - 1 - number}.manifest"


def number_of(manifest: Path) -> int:
    """The version that a manifest describes."""
    return 2**64 - 1 - int(manifest.stem)


def _ends_whole(manifest: Path) -> bool:
    with manifest.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 4))
        return file.read() == b"LANC"


def _json(path: Path) -> dict[str, int] | None:
    try:
        value = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
