"""Times fetches of several servers in turns, A B C A B C ... A B, so that each figure of ours has baselines before and
after it, and compares within the turn; never across runs."""
import json
import os
import statistics
import subprocess

import processes

CLIENTS = (1, 16, 64)
COUNT_FEW, COUNT_MANY = 2000, 6000   # fetches per turn, for one client and for more
WARM = 300


def places():
    """name -> (cores of the servers, cores of the clients)."""
    cores = sorted(os.sched_getaffinity(0))
    named = {"free": (cores, cores), "one core": (cores[:1], cores[:1])}
    if len(cores) > 1:
        named["split"] = (cores[:1], cores[1:2])
    return named


def fetch(load, where, clients, count, extra=()):
    """One run of the load generator. `where` names the server; [] is the one in the environment."""
    command = [load, *where, "--clients", str(clients), "--count", str(count), "--json", *extra]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if not done.stdout.startswith("{"):
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return {**json.loads(done.stdout), "said": done.stderr.strip()}


def take_turns(load, servers, clients, rounds, extra=()):
    """servers: name -> where. Returns name -> list of outcomes; the baselines have one more than `ours`."""
    count = COUNT_FEW if clients == 1 else COUNT_MANY
    for where in servers.values():
        fetch(load, where, clients, WARM, extra)
    turns = {name: [] for name in servers}
    for turn in range(rounds + 1):
        for name, where in servers.items():
            if name != "ours" or turn < rounds:
                turns[name].append(fetch(load, where, clients, count, extra))
    return turns


def median(turns, key):
    return statistics.median(turn[key] for turn in turns)


def ratio(ours, base, key):
    """Median over the rounds of ours beside the mean of the baseline's turns before and after it."""
    return statistics.median(mine[key] / ((before[key] + after[key]) / 2)
                             for mine, before, after in zip(ours, base, base[1:]) if before[key] and after[key])


def summary(turns):
    """One row of the table from the turns of all servers."""
    row = {}
    for name, outcomes in turns.items():
        row[name] = {key: median(outcomes, key) for key in ("p50_us", "p99_us", "per_second")}
        row[name]["failures"] = sum(outcome["failures"] for outcome in outcomes)
        row[name]["said"] = next((outcome["said"] for outcome in outcomes if outcome["said"]), "")
        row[name]["p99_to_p50"] = statistics.median(o["p99_us"] / o["p50_us"] for o in outcomes if o["p50_us"])
    if "ours" in turns:
        row["p50_to_epoll"] = ratio(turns["ours"], turns["epoll"], "p50_us")
        row["rate_to_evhttp"] = ratio(turns["ours"], turns["evhttp"], "per_second")
    return row


def table(load, servers, server_pids, rounds, connections):
    """Every place, number of clients and kind of connection. connections: name -> options of the load generator."""
    rows = []
    everywhere = os.sched_getaffinity(0)
    for place, (server_cores, client_cores) in places().items():
        processes.pin(server_pids, server_cores)
        os.sched_setaffinity(0, client_cores)
        for kind, extra in connections.items():
            for clients in CLIENTS:
                turns = take_turns(load, servers, clients, rounds, extra)
                rows.append({"place": place, "connection": kind, "clients": clients, **summary(turns)})
    processes.pin(server_pids, everywhere)
    os.sched_setaffinity(0, everywhere)
    return rows
