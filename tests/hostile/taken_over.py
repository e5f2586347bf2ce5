"""Runs in which hostile_frontend stands where sentinel-frontend stands: the real supervisor and the real broker meet a
frontend that was taken over. It locks itself down by the real code, and does what the command of the run names.
"""
import json
import os
import shutil
import unittest

from scene import HostileTest, free_port
from harness import BUILD


class TakenOver(HostileTest):
    @classmethod
    def setUpClass(cls):
        program = os.path.join(BUILD, "tests/hostile_frontend")
        if not os.path.exists(program):
            raise unittest.SkipTest("no hostile_frontend in the build")
        super().setUpClass()
        shutil.copy(program, cls.layout.frontend)
        os.chmod(cls.layout.frontend, 0o755)

    def hostile(self, behaviour="serve", transport="unix", knows_listener=False, **more):
        """A run whose frontend begins like this."""
        flags, target = [], "-"
        if transport == "tcp":
            port = free_port()
            flags, target = ["--server-port", str(port)], f"tcp {port}"
        elif knows_listener:
            folder = os.path.join(self.user.home, f"run-{self.number()}")
            os.mkdir(folder, 0o700)
            os.chown(folder, self.user.uid, self.user.gid)
            path = os.path.join(folder, "s")
            # It moves that socket away for a moment, which would end the run.
            flags, target = ["--unix-socket-path", path, "--on-tamper", "warn"], f"unix {path}"
        self.begin(f"{behaviour} {target if knows_listener else '-'}")
        return self.stage(*flags, transport=transport, **more)

    def begin(self, text):
        with open(os.path.join(os.path.dirname(self.layout.frontend), "attack"), "w") as file:
            file.write(text + "\n")

    def attack(self, stage, what, **more):
        """What the frontend says of its attack; no secret may be in it."""
        answer = stage.order("fetch", path="/attack/" + what, **more)
        self.assert_no_secret(json.dumps(answer), f"what the frontend learnt by {what}")
        return answer

    def chunks(self, items, size=5):  # a frontend is restarted five times a minute
        return [items[i:i + size] for i in range(0, len(items), size)]
