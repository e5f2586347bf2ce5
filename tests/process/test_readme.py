#!/usr/bin/python3
"""README.md and ipc/PROTOCOL.md repeat what the programs say of themselves; here they are compared."""
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import BUILD, main  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))


def between(text, name):
    """What stands between <!-- name --> and <!-- /name -->."""
    head, begin, rest = text.partition(f"<!-- {name} -->\n")
    inside, end, _ = rest.partition(f"<!-- /{name} -->")
    assert begin and end, f"there are no markers <!-- {name} --> and <!-- /{name} -->"
    return inside.strip()


class Readme(unittest.TestCase):
    maxDiff = None

    def test_the_tables_of_the_protocol_are_those_that_the_broker_prints(self):
        with open(os.path.join(TOP, "ipc/PROTOCOL.md"), encoding="utf-8") as file:
            written = between(file.read(), "protocol")
        told = subprocess.run([os.path.join(BUILD, "broker/sentinel-broker"), "--print-protocol"], capture_output=True,
                              text=True, check=True).stdout
        self.assertEqual(told.strip().splitlines(), written.splitlines(),
                         "run `sentinel-broker --print-protocol` and paste its tables between the markers")

    def test_every_manual_page_that_it_names_is_one_that_is_installed(self):
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            named = set(re.findall(r"`man (?:[157] )?(sentinel[\w-]*)`", file.read()))
        pages = subprocess.run(["find", TOP, "-name", "build", "-prune", "-o", "-name", "sentinel*.[157]", "-print"],
                               capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual({os.path.basename(page).rsplit(".", 1)[0] for page in pages}, named)
        installed = ""
        for part in ("broker", "supervisor"):
            with open(os.path.join(TOP, part, "CMakeLists.txt"), encoding="utf-8") as file:
                installed += file.read()
        for page in pages:
            self.assertIn(os.path.basename(page), installed)

    def test_the_guarantees_are_those_that_the_doctor_prints(self):
        doctor = os.path.join(BUILD, "supervisor/sentinel-doctor")
        told = subprocess.run([doctor, "--print-guarantees"], capture_output=True, text=True, check=True).stdout
        with open(os.path.join(TOP, "README.md"), encoding="utf-8") as file:
            written = between(file.read(), "guarantees")
        self.assertEqual(told.strip().splitlines(), written.splitlines(),
                         "run `sentinel-doctor --print-guarantees` and paste its tables between the markers")

    def test_the_manual_page_of_the_guarantees_is_the_one_that_the_doctor_prints(self):
        doctor = os.path.join(BUILD, "supervisor/sentinel-doctor")
        told = subprocess.run([doctor, "--print-man"], capture_output=True, text=True, check=True).stdout
        with open(os.path.join(TOP, "supervisor/doctor/sentinel.7"), encoding="utf-8") as file:
            self.assertEqual(told.splitlines(), file.read().splitlines(),
                             "run `sentinel-doctor --print-man > supervisor/doctor/sentinel.7`")


class Channels(unittest.TestCase):
    """ipc/channels.def names every source file that opens a channel or says its form."""

    # These open sockets to learn what the kernel can do, and speak with no other process; the others are what the rest use.
    NO_CHANNEL = {"broker/caller/caller_sources.cc", "ipc/channel.h", "ipc/channel.cc", "ipc/process/one_way_socket.cc"}
    OPENS = r"\bOneWaySocket::open\(\)|\bsocketpair\(|\bpipe2?\(|\bsocket_pair\(\)|::listen\(|\bmkfifo|\bmq_open"

    def setUp(self):
        self.files = []
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            for top, _, names in os.walk(os.path.join(TOP, folder)):
                self.files += [os.path.relpath(os.path.join(top, name), TOP) for name in names]
        with open(os.path.join(TOP, "ipc/channels.def"), encoding="utf-8") as file:
            self.rows = [re.findall(r'"([^"]*)"', line) for line in file if line.startswith("CHANNEL(")]

    def test_no_pipe_carries_a_secret(self):
        """/proc opens a pipe anew, for every process of the same user; what carries a secret is a socket."""
        with open(os.path.join(TOP, "ipc/channels.def"), encoding="utf-8") as file:
            pipes = [re.findall(r'"([^"]*)"', line) for line in file if re.match(r"CHANNEL\(\w+, +\w+, +Pipe,", line)]
        self.assertGreater(len(pipes), 1)
        for form, _, _, passes, _ in pipes:
            self.assertNotRegex(f"{form}; {passes}", r"(?i)\b(keys?|tokens?|codes?|secrets?|passphrases?|passwords?|credentials|entry|typed)\b")
        opened = {row[2] for row in pipes}
        for path in self.files:
            if path.endswith((".cc", ".h")):
                with open(os.path.join(TOP, path), encoding="utf-8") as file:
                    if re.search(r"\bpipe2?\(", re.sub(r"//.*", "", file.read())):
                        self.assertIn(path, opened, "a pipe that no row of ipc/channels.def names")

    def test_every_file_that_it_names_is_there(self):
        self.assertGreater(len(self.rows), 20)
        for form, defined, opened, _, _ in self.rows:
            for name in (defined, opened):
                self.assertIn(name, self.files, form)

    def test_every_file_that_opens_a_channel_is_named(self):
        named = {row[2] for row in self.rows}
        for path in self.files:
            if not path.endswith((".cc", ".h")) or path in self.NO_CHANNEL:
                continue
            with open(os.path.join(TOP, path), encoding="utf-8") as file:
                code = re.sub(r"//.*", "", file.read())
            if re.search(self.OPENS, code):
                self.assertIn(path, named, f"{path} opens a channel that ipc/channels.def does not know")


if __name__ == "__main__":
    main()
