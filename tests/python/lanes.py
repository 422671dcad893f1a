"""What scope-profiler 0.7.5 makes of a profile of any kind, interval by interval, as JSON on standard output.

    python lanes.py PROFILE [DIRECTORY]

With a directory, the package also writes its own reports and exports there, so that it goes through everything
that it does with threads.
"""

import json
import subprocess
import sys

from scope_profiler import read_h5
from scope_profiler.json_export import is_json_path, read_json


def read(path):
    return read_json(path) if is_json_path(path) else read_h5(path)


def integers(column):
    return None if column is None else [int(value) for value in column]


def report(profile):
    regions = [
        {
            "region": region.name,
            "rank": int(rank),
            "starts": integers(timings.start_times_ns),
            "ends": integers(timings.end_times_ns),
            "threads": integers(timings.thread_ids),
            "source_file": timings.source_file,
            "source_line": timings.source_lineno,
        }
        for region in profile.get_regions()
        for rank, timings in region.regions.items()
    ]
    threads = {
        str(rank): {str(lane.index): lane.name for lane in lanes}
        for rank, lanes in profile.threads.items()
    }
    return {
        "num_ranks": profile.num_ranks,
        "regions": regions,
        "threads": threads,
        "metadata": {key: str(value) for key, value in profile.metadata.items()},
    }


def lanes_of_trace(path):
    with open(path) as file:
        events = json.load(file)["traceEvents"]
    return [event["args"]["name"] for event in events if event["name"] == "thread_name"]


def use(path, directory, result):
    """What people do with a profile: all of it fails on columns that do not fit together."""
    from scope_profiler.chrome_trace_export import export_chrome_trace
    from scope_profiler.speedscope_export import export_speedscope

    profile = read(path)
    profile.print_summary()
    for rank in range(profile.num_ranks):
        profile.call_stack(rank=rank)
        profile.thread_summary(rank=rank)
    export_chrome_trace(profile, f"{directory}/trace.json", verbose=False)
    export_speedscope(profile, f"{directory}/speedscope.json", verbose=False)
    result["lanes_of_trace"] = lanes_of_trace(f"{directory}/trace.json")
    for command in (["inspect", path], ["report", path, "-o", f"{directory}/report.html"]):
        subprocess.run([sys.executable, "-m", "scope_profiler", *command], check=True, stdout=sys.stderr)


if __name__ == "__main__":
    result = report(read(sys.argv[1]))
    if len(sys.argv) > 2:
        sys.stdout, said = sys.stderr, sys.stdout
        use(sys.argv[1], sys.argv[2], result)
        sys.stdout = said
    json.dump(result, sys.stdout)
