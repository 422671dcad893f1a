"""What DuckDB makes of a table: its columns, and its rows, as JSON.

    python whole_table.py TABLE.csv
"""

import json
import sys

import duckdb

if __name__ == "__main__":
    table = duckdb.read_csv(sys.argv[1], header=True)
    json.dump({"columns": table.columns, "rows": [list(row) for row in table.fetchall()]}, sys.stdout)
