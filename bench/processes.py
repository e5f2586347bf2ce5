"""What /proc says about processes: who descends from whom, their memory, their wake-ups; and which cores they may use."""
import os


def _status(pid):
    with open(f"/proc/{pid}/status", errors="replace") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def _all():
    """pid -> (name, parent), of everything that runs."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                status = _status(entry)
                found[int(entry)] = (status["Name"], int(status["PPid"]))
            except (OSError, KeyError):   # it ended meanwhile
                pass
    return found


def sentinel_above():
    """Our processes of the run that this process belongs to: the supervisor above us, and every helper below it."""
    everyone = _all()
    supervisor = os.getppid()
    while supervisor > 1 and everyone[supervisor][0] != "sentinel":
        supervisor = everyone[supervisor][1]
    if supervisor <= 1:
        raise RuntimeError("this process is not inside a sentinel run")
    ours = {supervisor}
    while True:
        more = {pid for pid, (name, parent) in everyone.items() if parent in ours and name.startswith("sentinel")} - ours
        if not more:
            return sorted(ours)
        ours |= more


def names(pids):
    return [_status(pid)["Name"] for pid in pids]


def pss_kb(pids):
    """Memory of each with shared pages divided among their users; None where only root may look and we are not root."""
    def of(pid):
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    try:
        return [of(pid) for pid in pids]
    except PermissionError:
        return None


def voluntary_switches(pids):
    """How often these processes have gone to sleep so far, which is how often they were woken."""
    return sum(int(_status(f"{pid}/task/{task}")["voluntary_ctxt_switches"])
               for pid in pids for task in os.listdir(f"/proc/{pid}/task"))


def pin(pids, cores):
    for pid in pids:
        for task in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(task), cores)
