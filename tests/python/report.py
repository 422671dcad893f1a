"""What the Python package makes of a profile, as JSON on standard output.

    python report.py PROFILE.h5

Run with the interpreter of an environment that has scope-profiler installed: 0.1.8 reads with
`ProfilingH5Reader`, later versions with `read_h5`. The answer is a list with one object for each
region and rank: the region's group as the Python package calls it, its true name where the file
gives one, the number of calls, and exact sums in nanoseconds.
"""

import json
import sys

import h5py


def open_profile(path):
    try:
        from scope_profiler import read_h5
    except ImportError:
        from scope_profiler.h5reader import ProfilingH5Reader

        return ProfilingH5Reader(path)
    return read_h5(path)


def columns(region):
    """Starts and ends in ns. 0.1.8 keeps the ns to itself and hands out rounded seconds."""
    if hasattr(region, "start_times_ns"):
        return region.start_times_ns, region.end_times_ns
    return region._start_times, region._end_times


def total_ns(region):
    """The reader's own sum of durations. That of 0.1.8 is a float in ns, exact up to 104 days."""
    if hasattr(region, "durations_ns"):
        return int(region.durations_ns.sum())
    return int(region.total_duration)


def exact_sum(column):
    return str(sum(int(value) for value in column))


def true_name(file, rank, group):
    """The `name` attribute of a region, which the Python readers do not look at."""
    name = file[f"rank{rank}"]["regions"][group].attrs.get("name", group)
    return name.decode() if isinstance(name, bytes) else str(name)


def report(path):
    rows = []
    profile = open_profile(path)
    with h5py.File(path, "r") as file:
        for region in profile.get_regions():
            for rank, timings in region.regions.items():
                starts, ends = columns(timings)
                rows.append(
                    {
                        "group": region.name,
                        "name": true_name(file, rank, region.name),
                        "rank": int(rank),
                        "calls": int(timings.num_calls),
                        "total_ns": total_ns(timings),
                        # As text: such sums pass what 64 bits hold.
                        "starts_ns": exact_sum(starts),
                        "ends_ns": exact_sum(ends),
                    }
                )
    return {"num_ranks": profile.num_ranks, "rows": rows}


if __name__ == "__main__":
    json.dump(report(sys.argv[1]), sys.stdout)
