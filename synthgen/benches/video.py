"""What clips cost: stretches cut out of them, with and without pixels, and the memory that a long video takes."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen import registry
from synthgen.bench import Bench, Figures
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    from synthgen.models.clip import Clip

RATE = 30


class Video(Bench):
    """Stretches a second of CPU time, on one core.

    The clip is H.264, 640 x 360, with a keyframe every 30 frames. Peers use the same library: seek to the keyframe,
    decode and encode the stretch by x264's fastest preset; decode the whole clip and take the stretch's frames.
    """

    frames: int = 900
    stretch: int = 64
    crops: int = 200
    hours: float = 2.0
    """Of the long video, which is made by repeating the clip; 0 leaves it out."""

    def run(self) -> Figures:
        from synthgen.models.clip_frames import frames, windows

        clip = _clip(self.frames)
        rng = numpy_rng("bench video")
        firsts = rng.integers(0, clip.frames - self.stretch, 400).tolist()
        keys = [k for k in clip.keyframes if k + self.stretch <= clip.frames]
        again = _rate(3, lambda i: _sought_and_encoded(clip, firsts[i], self.stretch))
        whole = _rate(1, lambda i: frames(clip)[firsts[i] : firsts[i] + self.stretch])
        rows = [
            self._generator(clip, "keyframe", "hide", self.crops, again),
            self._generator(clip, "exact", "hide", self.crops, again),
            self._generator(clip, "exact", "encode", 12, again),
        ]
        rate = _rate(
            6, lambda i: frames(clip, range(keys[i % len(keys)], keys[i % len(keys)] + self.stretch))
        )
        rows.append(_row("stretch at a keyframe, with pixels", rate, "decode the whole clip", whole))
        rate = _rate(6, lambda i: frames(clip, range(firsts[i], firsts[i] + self.stretch)))
        rows.append(_row("exact stretch, with pixels", rate, "decode the whole clip", whole))
        some = [(first, first + self.stretch) for first in firsts[:40]]
        shared = 40 * _rate(1, lambda i: windows(clip, some))
        rows.append(_row("40 exact stretches in one pass, with pixels", shared, "one by one", rate))
        if self.hours:
            rows.append(_long(clip, self.hours))
        return Figures(
            f"{self.stretch}-frame stretches of a {self.frames}-frame clip, a second of one core", rows
        )

    def _generator(self, clip: Clip, cut: str, edge: str, n: int, peer: float) -> dict[str, Any]:
        generator = registry.find("generators", "video/temporal_crop")(
            cut=cut, edge=edge, frames=self.stretch
        )
        sample = Sample("clip", "video", "a", lambda: clip)
        jobs = [Job(0, "a", i, (sample.id,), {}, 0) for i in range(n + 1)]

        def one(i: int) -> None:
            draw = generator.draw(jobs[i], (sample,), numpy_rng("bench", i))
            generator.make([Work(jobs[i], (sample,), draw)], None)

        how = "edges encoded again" if edge == "encode" else "no pixel decoded"
        return _row(f"temporal_crop, {cut}, {how}", _rate(n, one), "seek, decode, x264 ultrafast", peer)


def _row(what: str, rate: float, peer: str, peer_rate: float) -> dict[str, Any]:
    return {
        "what": what,
        "a second": round(rate, 1),
        "peer": peer,
        "peer a second": round(peer_rate, 2),
        "times the peer": round(rate / peer_rate, 1),
    }


def _rate(n: int, one: Callable[[int], Any]) -> float:
    """How many a second of CPU time, of `n` of them, after a first one that doesn't count."""
    one(0)
    began = time.process_time()
    for i in range(n):
        one(i)
    return n / max(time.process_time() - began, 1e-6)


def _clip(n: int) -> Clip:
    """A landscape that a camera wanders over, with grain, as x264's usual settings code it."""
    import av
    import cv2
    import numpy as np

    from synthgen.models.clip import clip

    rng = numpy_rng("bench clip")
    land = cv2.resize(rng.integers(0, 256, (45, 80, 3), np.uint8), (1280, 720), interpolation=cv2.INTER_CUBIC)
    grain = rng.integers(0, 6, (720, 1280, 1), np.uint8)
    land = np.clip(land, 6, 249) + grain - 3
    to = io.BytesIO()
    with av.open(to, "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {"g": "30", "keyint_min": "30", "sc_threshold": "0", "threads": "1"}
        for i in range(n):
            x, y = int(320 + 300 * np.sin(i / 90)), int(180 + 170 * np.sin(i / 70))
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(land[y : y + 360, x : x + 640]), format="rgb24"
            )
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    return clip(to.getvalue())


def _sought_and_encoded(clip: Clip, first: int, n: int) -> bytes:
    """What most tools do for a stretch: seek to the keyframe before it, decode, encode by x264's fastest preset."""
    import av

    to = io.BytesIO()
    with av.open(io.BytesIO(clip.data)) as file, av.open(to, "w", format="mp4") as out:
        source = file.streams.video[0]
        source.codec_context.thread_count = 1
        stream = out.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
        stream.options = {"preset": "ultrafast", "threads": "1"}
        file.seek(round(first / RATE / source.time_base), stream=source)
        taken = 0
        for frame in file.decode(source):
            if frame.time < first / RATE - 1e-6:
                continue
            frame.pts, frame.time_base = taken, Fraction(1, RATE)
            for packet in stream.encode(frame):
                out.mux(packet)
            taken += 1
            if taken == n:
                break
        for packet in stream.encode():
            out.mux(packet)
    return to.getvalue()


def _long(clip: Clip, hours: float) -> dict[str, Any]:
    """The most memory that a process and the one that opens videos for it take, while they cut up a long video."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long" / "video.mp4"
        path.parent.mkdir()
        _repeated(clip, round(hours * 3600 / clip.seconds), path)
        said = subprocess.run(
            [sys.executable, "-c", _CUT_UP, folder], capture_output=True, text=True, check=True
        ).stdout
        told = json.loads(said)
        megabytes = path.stat().st_size / 1e6
    return {
        "what": f"a video of {hours:g} hours ({megabytes:.0f} MB) read and cut up: {told['stretches']:,} stretches",
        "a second": round(told["stretches"] / told["cpu_s"], 1),
        "peak memory MB": round(told["own_mb"]),
        "of the process that opens videos MB": round(told["child_mb"]),
    }


def _repeated(clip: Clip, times: int, path: Path) -> None:
    """The clip again and again as one file, its coded frames copied."""
    import av

    with av.open(io.BytesIO(clip.data)) as file, av.open(path, "w", format="mp4") as out:
        source = file.streams.video[0]
        copy = out.add_stream_from_template(source)
        packets = [(bytes(p), p.pts, p.dts, p.is_keyframe) for p in file.demux(source) if p.size]
        length = round(clip.seconds / source.time_base)
        for turn in range(times):
            for data, pts, dts, is_key in packets:
                packet = av.Packet(data)
                packet.stream, packet.time_base, packet.is_keyframe = copy, source.time_base, is_key
                packet.pts, packet.dts = pts + turn * length, dts + turn * length
                out.mux(packet)


_CUT_UP = """
import json, resource, sys, time
from pathlib import Path
from synthgen.generators.video.temporal_crop import TemporalCrop
from synthgen.models import video_reading
from synthgen.readers.video_folder import VideoFolder
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

root, reader, crop, n = Path(sys.argv[1]), VideoFolder(), TemporalCrop(frames=64), 0
for found in reader.items(root, "train"):
    clip = reader.decode(reader.raw(root, found.place))
    sample = Sample(found.place, "video", found.label, lambda clip=clip: clip)
    for i in range(8):
        job = Job(0, "long", i, (sample.id,), {}, 0)
        draw = crop.draw(job, (sample,), numpy_rng(found.place, i))
        (made,) = crop.make([Work(job, (sample,), draw)], None)
        n += made.payload.frames == 64
def most(pid):
    # Not ru_maxrss, which counts what the process that started this one had.
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
children = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
child_mb = max(map(most, children))
video_reading.child(reader.max_memory_mb).stop()
own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"stretches": n, "own_mb": most("self"), "child_mb": child_mb,
                  "cpu_s": own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime}))
"""


PLUGIN = Video
