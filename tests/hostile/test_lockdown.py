#!/usr/bin/python3
"""What the kernel says of our processes during a run: locked down, unreadable, alone."""
import os
import re
import resource
import shutil
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from scene import HostileTest, main, needs_root, wait_until  # noqa: E402
from harness import SANITIZED  # noqa: E402


def status(pid):
    with open(f"/proc/{pid}/status", errors="replace") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


def limit(pid, name):
    with open(f"/proc/{pid}/limits", errors="replace") as file:
        return re.search(rf"^{name} +(\S+) +(\S+)", file.read(), re.M).groups()


class LockDown(HostileTest):
    LOCKED = ("broker", "witness", "frontend")

    def start(self):
        stage = self.stage()
        self.assert_served(stage.order("fetch"))
        return stage, stage.helpers()

    def test_a_filter_is_in_force_in_each_helper(self):
        stage, helpers = self.start()
        before = int(status(os.getpid()).get("Seccomp_filters", 0))  # of a container around us
        for name in self.LOCKED:
            seen = status(helpers[name])
            self.assertEqual("2", seen["Seccomp"], name)
            self.assertEqual(before + 1, int(seen["Seccomp_filters"]), name)
            self.assertEqual("1", seen["NoNewPrivs"], name)
        stage.end()

    def test_no_helper_has_a_capability(self):
        stage, helpers = self.start()
        for name in self.LOCKED:
            seen = status(helpers[name])
            for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(0, int(seen[kind], 16), f"{name} {kind}")
        stage.end()

    def test_no_helper_runs_a_second_thread(self):
        stage, helpers = self.start()
        for name, pid in helpers.items():
            if name != "broker":  # the name resolver of libcurl may run beside it
                self.assertEqual("1", status(pid)["Threads"], name)
        stage.end()

    def test_limits_are_those_of_the_tables(self):
        stage, helpers = self.start()
        for name in self.LOCKED:
            self.assertEqual(("0", "0"), limit(helpers[name], "Max core file size"), name)
        for name in ("witness", "frontend"):
            self.assertEqual(("0", "0"), limit(helpers[name], "Max file size"), name)
        self.assertEqual(("0", "0"), limit(helpers["frontend"], "Max processes"))
        stage.end()

    def test_the_commands_own_privileges_are_untouched(self):
        stage, _ = self.start()
        seen, ours = status(stage.puppet), status(os.getpid())
        for name in ("NoNewPrivs", "Seccomp", "CapBnd"):
            self.assertEqual(ours[name], seen[name], name)
        self.assertEqual(str(resource.getrlimit(resource.RLIMIT_NOFILE)[0]), limit(stage.puppet, "Max open files")[0])
        stage.end()

    @needs_root
    def test_the_frontend_lives_in_namespaces_of_its_own(self):
        stage, helpers = self.start()

        def namespace(pid, kind):
            return os.readlink(f"/proc/{pid}/ns/{kind}")
        if namespace(helpers["frontend"], "user") == namespace(os.getpid(), "user"):
            self.skipTest("this host gives an ordinary user no namespaces")
        for kind in ("net", "mnt", "ipc", "uts"):
            self.assertNotEqual(namespace(os.getpid(), kind), namespace(helpers["frontend"], kind), kind)
        self.assertEqual([], os.listdir(f"/proc/{helpers['frontend']}/root"), "its root folder is empty")
        # The broker must not: the owner of a user namespace could read it (broker/caller/KERNEL.md, fact 3).
        self.assertEqual(namespace(os.getpid(), "user"), namespace(helpers["broker"], "user"))
        stage.end()

    @needs_root
    def test_no_helper_has_an_environment_or_arguments(self):
        if SANITIZED:
            self.skipTest("sanitizers get their options by environment")
        stage, helpers = self.start()
        for name in self.LOCKED:
            with open(f"/proc/{helpers[name]}/environ", "rb") as file:
                self.assertEqual(b"", file.read().strip(b"\0"), name)
            with open(f"/proc/{helpers[name]}/cmdline", "rb") as file:
                self.assertEqual(1, file.read().rstrip(b"\0").count(b"\0") + 1, name)
        stage.end()

    def test_helpers_are_out_of_reach_of_the_terminal(self):
        stage, helpers = self.start()
        for name in self.LOCKED:
            self.assertNotEqual(os.getsid(helpers["face"]), os.getsid(helpers[name]), name)
        stage.end()

    def test_a_stopped_witness_is_told_and_ends_the_run(self):
        stage, helpers = self.start()
        os.kill(helpers["witness"], signal.SIGSTOP)
        stage.run.hear("the witness was stopped by another program: who calls cannot be seen")
        os.kill(helpers["witness"], signal.SIGCONT)
        stage.run.hear("the witness goes on")
        self.assert_still_serves(stage)
        os.kill(helpers["witness"], signal.SIGSTOP)
        stage.end_by_itself()
        self.assertIn("the broker's witness ended", stage.run.stderr)

    def test_what_a_killed_broker_leaves_for_a_moment_is_not_told_as_a_straggler(self):
        stage, helpers = self.start()
        os.kill(helpers["broker"], signal.SIGKILL)
        stage.end_by_itself()
        self.assertNotIn("outlived", stage.run.stderr)

    def test_helpers_end_when_both_halves_of_the_supervisor_are_killed_at_once(self):
        stage, helpers = self.start()
        folder = os.path.dirname(stage.environment["SENTINEL_UNIX_SOCKET"])
        self.addCleanup(shutil.rmtree, folder)  # each half removes it after the other's end; nobody is left to do so
        for name in ("face", "keeper"):
            os.kill(helpers[name], signal.SIGKILL)

        def alive():
            return [name for name in self.LOCKED if os.path.exists(f"/proc/{helpers[name]}")
                    and status(helpers[name])["State"][0] != "Z"]
        wait_until(lambda: not alive(), "the helpers' end")
        stage.run.finish()
        self.assertEqual(0, self.as_stranger("fetch", stage.stolen())["status"])


if __name__ == "__main__":
    main()
