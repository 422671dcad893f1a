"""What the Python package scope-profiler and DuckDB need for what our program shows of the same file.

    beside.py PROGRAM FILE...

PROGRAM is ours, FILE a profile. Needs virtual environments beside each other in the directory SCOPE_PROFILER_PYTHON_DIR:
`0.7.5` with that version of the package and what its charts need, `consumers` with DuckDB, which reads our export to
Parquet. Each answer comes of a process of its own. Prints its processor time and the most memory that it had, and after
30 s of processor time gives up.
"""

import os
import resource
import subprocess
import sys
import tempfile

LIMIT = 30
PYTHON = os.environ.get("SCOPE_PROFILER_PYTHON_DIR", "target/python")
PACKAGE = f"{PYTHON}/0.7.5/bin/scope-profiler"

TABLE = """
select region, count(*), sum(end_ns - start_ns), avg(end_ns - start_ns), min(end_ns - start_ns),
       max(end_ns - start_ns), stddev_pop(end_ns - start_ns)
       {percentiles}
from '{file}' group by region order by 3 desc
"""
PERCENTILES = ", quantile_cont(end_ns - start_ns, [0.5, 0.95, 0.99])"
# What a chart of 2048 columns draws: the busy time of each column, of calls in the column where they start.
COLUMNS = """
with span as (select {first} as first, {last} as last)
select region, rank, (start_ns - first) * 2048 // (last - first + 1) as pixel, count(*),
       sum(least(end_ns, last) - greatest(start_ns, first))
from '{file}', span where end_ns >= first and start_ns <= last group by all
"""
START, END = "(select min(start_ns) from '{file}')", "(select max(end_ns) from '{file}')"


def run(command):
    """Processor seconds and memory of a process, or why there are none."""
    quiet = [
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    limited = ["/bin/sh", "-c", f'ulimit -t {LIMIT}; exec "$@"', "sh", *command]
    pid = os.posix_spawn(limited[0], limited, os.environ, file_actions=quiet)
    _, status, used = os.wait4(pid, 0)
    seconds = used.ru_utime + used.ru_stime
    if status != 0:
        return f"> {LIMIT} s" if seconds > 0.9 * LIMIT else "fails"
    return f"{seconds:.2f} s, {used.ru_maxrss / 1024:.0f} MB"


def query(sql, **values):
    text = sql.format(**{"percentiles": "", **values}).format(**values)
    script = f"import duckdb; duckdb.sql({text!r}).fetchall()"
    return [f"{PYTHON}/consumers/bin/python", "-c", script]


def beside(program, file, directory):
    parquet = f"{directory}/run.parquet"
    subprocess.run([program, "export", file, "-o", parquet], check=True, stdout=subprocess.DEVNULL)
    find = f"import duckdb; print(*duckdb.sql(\"select min(start_ns), max(end_ns) from '{parquet}'\").fetchall()[0])"
    found = subprocess.run([f"{PYTHON}/consumers/bin/python", "-c", find], check=True, capture_output=True, text=True)
    first, last = map(int, found.stdout.split())
    half, end = (last - first) // 2, (last - first) // 2 + (last - first) // 100
    ours = lambda *more: [program, file, "-q", "-o", f"{directory}/ours", *more]
    package = lambda kind, *more: [PACKAGE, "plot", kind, file, "-o", f"{directory}/package.png", *more]
    window = ["--window", f"{half}ns..{end}ns"]
    seconds = ["--start-time", f"{half / 1e9}", "--end-time", f"{end / 1e9}"]
    questions = [
        ("table", [program, file], [PACKAGE, "inspect", file], query(TABLE, file=parquet)),
        ("with exact percentiles", ours("--plots", "durations", "--format", "svg"), None, query(TABLE, file=parquet, percentiles=PERCENTILES)),
        (
            "Gantt chart, PNG",
            ours("--plots", "gantt", "--lanes", "region", "--format", "png"),
            package("gantt"),
            query(COLUMNS, file=parquet, first=START, last=END),
        ),
        (
            "1 % of it",
            ours("--plots", "gantt", "--lanes", "region", "--format", "png", *window),
            package("gantt", *seconds),
            query(COLUMNS, file=parquet, first=first + half, last=first + end),
        ),
        ("flame graph, PNG", ours("--plots", "flame", "--format", "png"), package("flame_graph"), None),
    ]
    print(f"| {os.path.basename(file)} | ours | scope-profiler 0.7.5 | DuckDB |\n|---|---|---|---|")
    for name, *commands in questions:
        answers = ["" if command is None else run(command) for command in commands]
        print("| " + " | ".join([name, *answers]) + " |", flush=True)


if __name__ == "__main__":
    # A chart of the package is one of its own process, without a display.
    os.environ.setdefault("MPLBACKEND", "Agg")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for file in sys.argv[2:]:
        with tempfile.TemporaryDirectory() as directory:
            beside(sys.argv[1], file, directory)
