"""Records runs with the Python package in every mode that changes what is in the file.

    python modes.py DIRECTORY

Writes `X.h5` for each mode, `X.profile.json` or `X.profile.json.gz` of the same run, and
`X.values.json` with what the package's own reader reports of `X.h5`.
"""

import asyncio
import json
import sys
import threading
from pathlib import Path

import h5py
import numpy as np
from scope_profiler import ProfileManager, read_h5
from scope_profiler.h5reader import read_h5_summary
from scope_profiler.h5writer import ProfilingWriter, write_metadata, write_regions
from scope_profiler.json_export import write_json
from scope_profiler.profile_manager import RankPayload
from values import report


class Device:
    """A GPU that is none: it says how long each call took."""

    class Event:
        def __init__(self, number):
            self.number = number

    def __init__(self):
        self.events = 0

    def record_event(self):
        self.events += 1
        return self.Event(self.events)

    def elapsed_time_ns(self, start, end):
        return 1_000 * (end.number - start.number)

    def synchronize(self):
        pass


def work(manager, depth=3):
    with manager.profile_region("outer"):
        for step in range(4):
            with manager.metadata(step=step, phase="warm" if step == 0 else "main"):
                with manager.profile_region("step: λ"):
                    pass
        if depth:
            work(manager, depth - 1)


def sums(manager):
    with manager.profile_region("outer"):
        for _ in range(5):
            with manager.profile_region("inner"):
                pass


def in_threads(manager):
    threads = [threading.Thread(target=work, args=(manager,), name=f"worker-{n}") for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(manager)


def in_tasks(manager):
    async def fetch(n):
        with manager.profile_region("fetch"):
            await asyncio.sleep(0.001 * n)
            with manager.profile_region("parse"):
                pass

    async def main():
        with manager.profile_region("main"):
            await asyncio.gather(*(fetch(n) for n in range(4)))

    asyncio.run(main())


def many(manager):
    for _ in range(20_000):
        with manager.profile_region("hot"):
            pass
    work(manager)


MODES = {
    "default": (work, {}),
    "source": (work, {"capture_region_source": True, "metadata_detail": "full", "label": "naïve ✓"}),
    "threads": (in_threads, {"track_threads": True}),
    "untracked_threads": (in_threads, {}),
    "tasks": (in_tasks, {"track_async": True}),
    "gpu": (work, {"use_gpu_timing": True, "gpu_timing_backend": Device()}),
    "aggregate": (sums, {"aggregation_mode": True}),
    "gzip": (many, {"hdf5_compression": "gzip", "hdf5_compression_level": 1}),
    "lzf": (many, {"hdf5_compression": "lzf"}),
    "chunks": (many, {"hdf5_chunk_size": 1000}),
    "automatic": (many, {}),
    "small_buffer": (many, {"buffer_limit": 16}),
    "nothing": (lambda manager: None, {}),
}


def record(path, run, settings):
    manager = ProfileManager()
    with manager.session(file_path=str(path), verbose=False, **settings):
        run(manager)


def ranks(path):
    """Three ranks, one of which knows no threads and another one nothing at all."""
    times = lambda start, n: (np.arange(n) * 100 + start, np.arange(n) * 100 + start + 40)
    ids = lambda first, n: (np.arange(n) + first, np.full(n, -1))
    none = {"likwid": {}, "likwid_environment": {}}
    lanes = {
        "threads": {
            "index": [0, 1], "ident": [11, 12], "native_id": [21, 22], "daemon": [0, 1],
            "name": ["MainThread", "io"], "start_ns": [1, 2], "end_ns": [-1, 900], "cpu_ns": [5, 6],
        }
    }
    thread_ids = np.array([0, 1, 1])
    payloads = {
        0: RankPayload(
            {"a": (*times(1_000, 3), None, *ids(0, 3), thread_ids), "b": (*times(1_010, 2), None, *ids(3, 2))},
            lanes=lanes,
            **none,
        ),
        2: RankPayload(
            {"a": (*times(900, 2), np.array([7, -1])), "c": (*times(0, 0),)},
            tags={"a": ("hot", "ünï")},
            exclusive_totals={"a": 80},
            **none,
        ),
    }
    writer = ProfilingWriter(path, {"mpi_size": 4, "label": "ranks"})
    with writer:
        for rank, payload in payloads.items():
            writer.write_rank(rank, payload)


def schema_1(path):
    """As version 0.2 to 0.6 wrote it, with every optional member."""
    with h5py.File(path, "w") as file:
        write_metadata(file, {"label": "one", "ranks": 2, "load": 0.5, "modules": ["gcc", "mpi"]})
        for rank in range(2):
            starts = np.arange(5) * 1_000 + rank
            write_regions(
                file.create_group(f"rank{rank}"),
                {
                    "a": (starts, starts + 900, np.array([5, -1, 6, 7, 8]), np.arange(5) * 2, np.full(5, -1)),
                    "b": (starts + 10, starts + 500, None, np.arange(5) * 2 + 1, np.arange(5) * 2),
                },
                {"a": ("a.py", 12, "with region('a'):\n    pass\n")},
                {"b": ["x", "y"]},
                compression="lzf" if rank else "gzip",
                chunk_size=2,
            )


def main(directory):
    def publish(name, packed=False):
        results = read_h5(directory / f"{name}.h5")
        write_json(results, directory / f"{name}.profile.json{'.gz' if packed else ''}")
        (directory / f"{name}.values.json").write_text(json.dumps(report(results)))

    for number, (name, (run, settings)) in enumerate(MODES.items()):
        record(directory / f"{name}.h5", run, settings)
        if (directory / f"{name}.h5").exists():
            publish(name, packed=number % 2 == 1)
    for write in (ranks, schema_1):
        write(directory / f"{write.__name__}.h5")
        publish(write.__name__)
    # Statistics alone, of a run whose events were not read.
    summary = read_h5_summary(directory / "default.h5")
    write_json(summary, directory / "summary.profile.json")
    (directory / "summary.values.json").write_text(json.dumps(report(summary)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
