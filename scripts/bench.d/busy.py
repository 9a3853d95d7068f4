"""How busy others keep this machine."""

import os
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def others() -> float:
    """CPU seconds that others than we and our descendants have used since the machine was started.

    /proc/stat counts in hundredths of a second and includes what a hypervisor took away (steal).
    """
    user, nice, system, _idle, _iowait, irq, softirq, steal = Path("/proc/stat").read_text().split()[1:9]
    return sum(map(int, (user, nice, system, irq, softirq, steal))) / TICKS - used_by(os.getpid())


def used_by(process: int) -> float:
    """CPU seconds of a process and its descendants; of those that have ended, if they were waited for."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:  # it has just ended
        return 0
    return sum(map(int, stat[11:15])) / TICKS + sum(used_by(int(child)) for child in children)


def cores_in_use(seconds: float) -> float:
    """How many cores others keep busy, looked at for so long."""
    start, before = time.perf_counter(), others()
    time.sleep(seconds)
    return max(0, others() - before) / (time.perf_counter() - start)
