"""The seconds of CPU that a process has used, all threads, user and system."""

import os
import subprocess
from pathlib import Path


def cpu_seconds(process_id: int) -> float:
    """CPU time of a running process since its start; where only ``ps`` tells, in whole seconds."""
    stat = Path(f"/proc/{process_id}/stat")
    if stat.exists():
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    done = subprocess.run(["ps", "-o", "time=", "-p", str(process_id)], capture_output=True, text=True, check=True)  # noqa: S603, S607  # fixed words
    parts = [float(part) for part in done.stdout.strip().replace("-", ":").split(":")]
    return sum(part * (1.0, 60.0, 3_600.0, 86_400.0)[place] for place, part in enumerate(reversed(parts)))
