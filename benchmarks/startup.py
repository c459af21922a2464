"""How long `glasses --help` takes, as a whole process.

python -m benchmarks.startup [--runs 20]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    glasses = str(Path(sys.executable).parent / "glasses")
    seconds = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run([glasses, "--help"], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - began)
    warm = seconds[1:]
    print(f"glasses --help: median {median(warm):.2f} s, 95th {quantiles(warm, n=20, method='inclusive')[-1]:.2f} s")


if __name__ == "__main__":
    main()
