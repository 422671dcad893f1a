"""What scope-profiler 0.7.5 reads from a profile of any kind, as JSON on standard output.

    python values.py PROFILE [REWRITTEN...]

Further names get the profile as the package writes it again: JSON or HDF5, as the end of the name says, or the same
file in another layout where it is `.packed.h5`.
"""

import json
import shutil
import sys

import numpy as np


def whole(value):
    return None if value is None else [int(number) for number in value]


def whole_or_none(value):
    return None if value is None else int(value)


def of_rank(region):
    values = {
        "num_calls": int(region.num_calls),
        "source_file": region.source_file,
        "source_lineno": region.source_lineno,
        "source_text": region.source_text,
        "tags": list(region.tags),
        "stored_exclusive_ns": whole_or_none(getattr(region, "_exclusive_total_ns", None)),
    }
    if region.stored_summary is not None:
        sums = region.stored_summary
        m2 = sums.get("m2")
        values |= {
            "aggregate": True,
            "total_ns": int(sums["total"]),
            "min_ns": int(sums["minimum"]),
            "max_ns": int(sums["maximum"]),
            "exclusive_ns": int(sums["exclusive"]),
            "mean_ns": int(sums["total"]) / max(1, int(sums["count"])),
            "first_start_ns": whole_or_none(sums.get("start_minimum")),
            "last_end_ns": whole_or_none(sums.get("end_maximum")),
            "std_ns": None if m2 is None else (m2 / max(1, int(sums["count"]))) ** 0.5,
        }
        return values
    starts, ends, durations = region.start_times_ns, region.end_times_ns, region.durations_ns
    timed = len(durations) > 0
    one = lambda array, pick: int(pick(array)) if timed else None
    values |= {
        "total_ns": int(durations.sum()),
        "min_ns": one(durations, np.min) or 0,
        "max_ns": one(durations, np.max) or 0,
        "mean_ns": float(durations.mean()) if timed else 0.0,
        "std_ns": float(durations.std()) if timed else 0.0,
        "first_start_ns": one(starts, np.min),
        "last_end_ns": one(ends, np.max),
        "start_times_sum_ns": str(sum(map(int, starts))),
        "end_times_sum_ns": str(sum(map(int, ends))),
        "gpu_durations_ns": whole(region.gpu_durations_ns),
        "call_ids": whole(region.call_ids),
        "parent_ids": whole(region.parent_ids),
        "thread_ids": whole(region.thread_ids),
        "task_ids": whole(region.task_ids),
        "await_ns": whole(region.await_times_ns),
        "event_metadata": list(region.event_metadata) if any(region.event_metadata) else None,
        "starts_ns": whole(starts),
        "ends_ns": whole(ends),
    }
    for percent in (50, 95, 99):
        values[f"p{percent}_ns"] = float(np.percentile(durations, percent)) if timed else 0.0
    try:
        values["exclusive_ns"] = int(region.exclusive_durations_ns.sum())
    except Exception as error:
        values["exclusive_error"] = str(error)
    return values


def report(results):
    regions = {}
    for region in results.get_regions():
        regions[region.name] = {
            "ranks": {str(rank): of_rank(of) for rank, of in region.regions.items()},
            "pooled": None,
        }
    lanes = lambda rows: {
        str(rank): {str(row.index): [row.name, getattr(row, "coro_name", "")] for row in of_rank}
        for rank, of_rank in rows.items()
    }
    return {
        "num_ranks": int(results.num_ranks),
        "metadata": {key: plain(value) for key, value in results.metadata.items()},
        "region_order": [region.name for region in results.get_regions()],
        "regions": regions,
        "threads": lanes(results.threads),
        "tasks": lanes(results.tasks),
    }


def plain(value):
    if isinstance(value, np.generic):
        return value.item()
    return value


if __name__ == "__main__":
    from scope_profiler import load
    from scope_profiler.h5writer import publish_file
    from scope_profiler.profile_io import write_profile

    profile, *rewritten = sys.argv[1:]
    results = load(profile)
    for path in rewritten:
        if path.endswith(".packed.h5"):
            shutil.copy(profile, path)
            assert publish_file(path, compression="auto"), "not rewritten"
        else:
            write_profile(results, path)
    json.dump(report(results), sys.stdout)
