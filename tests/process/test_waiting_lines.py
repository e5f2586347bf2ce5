"""What a run says while somebody waits, and while another program has the screen. Against the stand-in."""
import os
import re
import sys
import termios
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PYTHON, AwsTest, policy, rule
from harness import Terminal, wait_until

STS = "waiting for STS in eu-central-1 (127.0.0.1"
# Takes the terminal as a full-screen program does; asks for credentials each time that a key is pressed, and tells the
# status in a file. With q it gives the terminal back, and waits for a line.
SCREEN = r"""
import os, socket, sys, termios, tty
def ask():
    s = socket.socket(socket.AF_UNIX); s.settimeout(60); s.connect(os.environ['SENTINEL_UNIX_SOCKET'])
    s.sendall(f"GET /creds HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: {os.environ['SENTINEL_AUTH_TOKEN']}\r\n\r\n".encode())
    return s.recv(65536).split()[1].decode()
before = termios.tcgetattr(0)
tty.setraw(0)
os.write(1, b"SCREEN\r\n")
while os.read(0, 1) != b"q":
    os.write(1, f"asked {ask()}\r\n".encode())
if len(sys.argv) > 1:
    os.write(1, b"LEAVING\r\n")
    termios.tcsetattr(0, termios.TCSAFLUSH, before)
    sys.stdin.readline()
"""


class SlowAws(AwsTest):
    def test_the_start_says_once_for_whom_it_waits(self):
        self.aws.control.fault("hold", action="GetCallerIdentity")
        run = self.start(command=("true",))
        run.hear(STS)
        self.aws.control.release()
        run.finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual(1, run.stderr.count("waiting for "), run.stderr)

    def test_quiet_hides_it(self):
        self.aws.control.fault("latency", action="AssumeRole", seconds=2.5)
        run = self.start("--quiet", command=("true",)).finish()
        self.assertEqual((0, 0), (run.code, run.stderr.count("waiting for ")), run.stderr)

    def test_a_fetch_that_holds_up_a_client_says_it(self):
        asker = self.asker("--lazy")
        self.aws.control.fault("hold", action="AssumeRole")
        asker.begin("asks", again=60)
        asker.run.hear(STS)
        self.aws.control.release()
        self.assert_served(asker.answer()[0])
        asker.end()
        self.assertEqual(1, asker.run.stderr.count("waiting for "), asker.run.stderr)


class FullScreen(AwsTest):
    REFUSAL = r"sentinel: refused credentials for profile ledger-prod.*no rule of the policy matches"

    def start_screen(self, command):
        self.policy = self.write("policy.yaml", policy(rule()))
        self.screen = self.write("screen.py", SCREEN)
        words = f"exec --server --unix-socket --profile ledger-prod --policy-file {self.policy} --log-file {self.log_path} -- "
        terminal = Terminal(self, [self.layout.sentinel, *words.split(), *command], environment=self.environment())
        return terminal

    def refuse_one(self, terminal):
        """The program on the screen asks, and is refused."""
        self.write("policy.yaml", policy(rule(name="other", conditions="{ profiles: [other] }")))
        terminal.send("x")
        terminal.expect(r"asked 403\r\n")

    def test_a_notice_waits_until_the_program_has_given_the_screen_back(self):
        terminal = self.start_screen((PYTHON, os.path.join(self.folder, "screen.py"), "stay"))
        terminal.expect(r"SCREEN\r\n")
        self.refuse_one(terminal)
        self.refuse_one(terminal)
        terminal.send("q")
        terminal.expect(r"LEAVING\r\n")
        self.assertNotIn("refused credentials", terminal.text)
        terminal.expect(self.REFUSAL)
        terminal.send("\n")
        self.assertEqual(0, terminal.wait())

    def test_what_still_waits_is_said_at_the_end(self):
        terminal = self.start_screen((PYTHON, os.path.join(self.folder, "screen.py")))
        terminal.expect(r"SCREEN\r\n")
        self.refuse_one(terminal)
        terminal.send("q")
        terminal.expect(self.REFUSAL)
        self.assertEqual(0, terminal.wait())
        self.assertLess(terminal.text.index("asked 403"), terminal.text.index("refused credentials"))

    def test_a_shells_own_line_editor_holds_nothing_back(self):
        terminal = self.start_screen(("bash", "--norc", "--noprofile", "-i"))
        terminal.expect("ready> ")
        self.write("policy.yaml", policy(rule(name="other", conditions="{ profiles: [other] }")))
        gate = os.path.join(self.folder, "gate")
        os.mkfifo(gate)
        self.owned(gate)
        terminal.send(f"(read x < {gate}; {self.layout.credential_process}) > /dev/null 2>&1 & echo beg''un\n")
        terminal.expect(r"begun\r\n")
        terminal.expect("ready> ")
        wait_until(lambda: not termios.tcgetattr(terminal.master)[3] & termios.ICANON, "the shell's line editor")
        with open(gate, "w") as file:
            file.write("go\n")
        terminal.expect(self.REFUSAL)
        terminal.send("exit\n")
        terminal.wait()

    def test_a_program_below_a_shell_holds_them_back(self):
        terminal = self.start_screen(("bash", "--norc", "--noprofile", "-i"))
        terminal.expect("ready> ")
        terminal.send(f"{PYTHON} {self.folder}/screen.py stay\n")
        terminal.expect(r"SCREEN\r\n")
        self.refuse_one(terminal)
        terminal.send("q")
        terminal.expect(r"LEAVING\r\n")
        self.assertFalse(re.search(self.REFUSAL, terminal.text))
        # What is typed before the program has the terminal as it was is thrown away with it (TCSAFLUSH).
        wait_until(lambda: termios.tcgetattr(terminal.master)[3] & termios.ICANON, "the terminal as it was")
        terminal.send("\n")
        terminal.expect(self.REFUSAL)
        terminal.send("exit\n")
        terminal.wait()


if __name__ == "__main__":
    unittest.main()
