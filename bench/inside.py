"""The command of a sentinel run that measures the run from inside: its fetches, its helper, its memory, its sleep.

  inside.py QUESTION.json ANSWER.json     both written and read by bench/run
"""
import configparser
import json
import os
import shlex
import subprocess
import sys
import time

import fetches
import processes

SETTLE_S = 2      # after a load, until everything that follows it is over
IDLE_S = 10
HELPER_ROUNDS = 100


def helper_command():
    """What an SDK would run for each fetch, from the config that sentinel made; None in TCP mode."""
    config = configparser.ConfigParser(interpolation=None)
    config.read(os.environ["AWS_CONFIG_FILE"])
    lines = [section["credential_process"] for section in config.values() if "credential_process" in section]
    return shlex.split(lines[0]) if lines else None


def helper_figures(spawn):
    helper = helper_command()
    if helper is None:
        return None
    done = subprocess.run([spawn, str(HELPER_ROUNDS), "/bin/true", "+", *helper], stdout=subprocess.PIPE, text=True,
                          check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    with open(sys.argv[1]) as file:
        question = json.load(file)
    ours = processes.sentinel_above()
    answer = {"processes": processes.names(ours), "pss_kb_at_start": processes.pss_kb(ours)}
    answer["rows"] = fetches.table(question["load"], {**question["baselines"], "ours": []},
                                   ours + question["baseline_pids"], question["rounds"], question["connections"])
    answer["pss_kb_after_load"] = processes.pss_kb(ours)
    answer["helper"] = helper_figures(question["spawn"])
    time.sleep(SETTLE_S)
    before = processes.voluntary_switches(ours)
    time.sleep(IDLE_S)
    answer["idle_wakeups"] = processes.voluntary_switches(ours) - before
    with open(sys.argv[2], "w") as file:
        json.dump(answer, file)


main()
