"""sentinel on a real terminal: Ctrl-C once, Ctrl-Z and fg under a real shell, window size, a shell as the command."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import harness
from harness import children_of, state_of, wait_until

EXEC = "exec --profile ok --policy-file policy --server --log-file decisions"
# Counts the interrupts that reach it.
COUNTER = """
import os, signal, sys, time
count = 0
def on(number, frame):
    global count
    count += 1
    os.write(1, f"got {signal.Signals(number).name} {count}\\n".encode())
signal.signal(signal.SIGINT, on)
signal.signal(signal.SIGQUIT, on)
os.write(1, b"up\\n")
while True:
    time.sleep(0.05)
    if count == 3:
        sys.exit(6)
"""


class OnATerminal(harness.ProcessTest):
    doubles = True

    def setUp(self):
        super().setUp()
        self.counter = os.path.join(self.user.home, "counter.py")
        with open(self.counter, "w") as file:
            file.write(COUNTER)

    def shell(self):
        """An interactive bash; its prompt is "ready> "."""
        terminal = harness.Terminal(self, ["bash", "--norc", "--noprofile", "-i"])
        terminal.expect("ready> ")
        return terminal

    def start(self, terminal, command):
        terminal.send(f"{self.layout.sentinel} {EXEC} -- {command}; echo ended-$?\n")

    def test_control_c_reaches_the_command_once(self):
        for key, name in (("\x03", "SIGINT"), ("\x1c", "SIGQUIT")):
            terminal = self.shell()
            self.start(terminal, f"/usr/bin/python3 {self.counter}")
            terminal.expect("^up")
            for count in (1, 2, 3):
                terminal.send(key)
                terminal.expect(f"got {name} {count}\r\n")
            terminal.expect("ended-6")
            self.assertEqual(3, terminal.text.count(f"got {name}"), terminal.text)
            terminal.close()

    def test_control_c_ends_an_ordinary_command_with_130(self):
        terminal = self.shell()
        self.start(terminal, "sleep 1000")
        # Not at an output of its own: a shell that has just forked for its next command can lose the signal itself.
        wait_until(lambda: "sleep" in map(harness.name_of, self.own_processes()), "sleep")
        terminal.send("\x03")
        terminal.expect("ended-130")

    def test_control_c_during_the_start_ends_the_run(self):
        terminal = self.shell()
        terminal.send(f"{self.layout.sentinel} exec --profile silent --policy-file p --server --log-file d -- echo ran; echo ended-$?\n")
        bash = terminal.process.pid
        keeper = wait_until(lambda: [k for f in children_of(bash) for k in children_of(f)], "the keeper")[0]
        wait_until(lambda: len(children_of(keeper)) == 3, "the helpers")
        terminal.send("\x03")
        terminal.expect("ended-130")
        self.assertNotIn("ran\r", terminal.text)

    def test_control_z_and_fg_under_a_real_shell(self):
        terminal = self.shell()
        self.start(terminal, "sh -c 'echo up; while read line; do echo \"read $line\"; done; exit 3'")
        terminal.expect("^up")
        for round_number in (1, 2, 3):
            terminal.send("\x1a")
            terminal.expect(r"\[1\]\+\s+Stopped")
            terminal.expect("ready> ")
            terminal.send("echo shell-has-the-terminal\n")
            terminal.expect("^shell-has-the-terminal")
            terminal.expect("ready> ")
            terminal.send("fg; echo ended-$?\n")
            terminal.expect("^.*sentinel exec")  # bash names the job that it continues
            terminal.send(f"line {round_number}\n")
            terminal.expect(f"^read line {round_number}")
        terminal.send("\x04")
        terminal.expect("ended-3")

    def test_a_job_in_the_background_can_be_continued_there(self):
        terminal = self.shell()
        self.start(terminal, f"/usr/bin/python3 {self.counter}")
        terminal.expect("^up")
        terminal.send("\x1a")
        terminal.expect("Stopped")
        terminal.expect("ready> ")
        terminal.send("bg\n")
        terminal.expect(r"\[1\]\+")
        terminal.expect("ready> ")
        terminal.send("\x03")  # for the shell, not for the job
        terminal.send("\n")    # a shell that was just about to read loses the signal, and shows no new prompt by itself
        terminal.expect("ready> ")
        terminal.send("jobs\n")
        terminal.expect("Running")
        self.assertNotIn("got SIGINT", terminal.text)
        terminal.send("kill -INT %1\n")
        terminal.expect("got SIGINT")
        terminal.send("kill -KILL %1; wait; echo over-$?\n")  # or it would outlive its shell, as any such job does
        terminal.expect("^over-")

    def test_a_command_that_reads_in_the_background_is_stopped_and_the_shell_sees_it(self):
        terminal = self.shell()
        terminal.send(f"{self.layout.sentinel} {EXEC} -- sh -c 'read x; echo read-$x' &\n")
        wait_until(lambda: any(state_of(pid) == "T" for pid in children_of(terminal.process.pid)), "the stop of the job")
        terminal.send("\nfg\n")
        terminal.expect("sentinel exec")
        terminal.send("typed\n")
        terminal.expect("^read-typed")

    def test_a_shell_as_the_command_has_its_own_job_control(self):
        terminal = self.shell()
        terminal.send(f"{self.layout.sentinel} {EXEC} -- bash --norc --noprofile -i; echo ended-$?\n")
        terminal.expect("ready> ")
        terminal.send("echo inner-$AWS_SENTINEL\n")
        terminal.expect("^inner-ok")
        terminal.send("sh -c 'echo inside; exec sleep 1000'\n")
        terminal.expect("^inside")
        terminal.send("\x1a")
        terminal.expect(r"\[1\]\+\s+Stopped\s+sh -c")
        terminal.send("kill %1; suspend -f\n")
        terminal.expect(r"\[1\]\+\s+Stopped.*sentinel")
        terminal.send("echo outer-$AWS_SENTINEL.\n")
        terminal.expect(r"^outer-\.")
        terminal.send("fg; echo ended-$?\n")
        terminal.expect("^.*sentinel exec")
        terminal.send("echo again-$AWS_SENTINEL\n")
        terminal.expect("^again-ok")
        terminal.send("exit 8\n")
        terminal.expect("ended-8")

    def test_the_command_sees_the_size_of_the_window_and_its_changes(self):
        terminal = harness.Terminal(self, [self.layout.sentinel, *EXEC.split(), "--", "bash", "--norc", "-c",
                                           "trap 'stty size' WINCH; trap 'exit 9' INT; stty size; while :; do sleep 0.05; done"],
                                    rows=33, columns=77)
        terminal.expect("^33 77")
        terminal.resize(44, 88)
        terminal.expect("^44 88")
        terminal.send("\x03")
        self.assertEqual(9, terminal.wait())

    def test_closing_the_terminal_ends_everything(self):
        terminal = self.shell()
        self.start(terminal, "sh -c 'echo up; sleep 1000'")
        terminal.expect("^up")
        terminal.close()  # assert_nothing_left follows

    def test_nothing_is_written_to_the_terminal_by_a_quiet_run(self):
        terminal = self.shell()
        self.start(terminal, "true")
        terminal.expect("ended-0")
        self.assertNotIn("sentinel: ", terminal.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
