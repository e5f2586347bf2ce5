"""Completion in real shells: what a line becomes when TAB is typed in bash, zsh and fish, with the scripts that are installed.
A wrapper stands where `sentinel` is found: it asks the real one for names, and shows the arguments that it is called with."""
import os
import re
import shutil
import sys
import unittest

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fakes")]
import harness  # noqa: E402
from standin_client import write_profiles  # noqa: E402

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../supervisor/command_line")
WRAPPER = """#!/bin/sh
for word; do if [ "$word" = --names ]; then exec {sentinel} "$@"; fi; done
printf 'called'; printf ' <%s>' "$@"; printf ' end\\n'
"""

# What is typed, with TAB as \t, and the arguments that the command gets.
CASES = (
    ("whoa\t", ["whoami"]),
    ("exec ledger-pr\t-- true", ["exec", "ledger-prod", "--", "true"]),
    ("exec --prof\t ledger-pr\t-- true", ["exec", "--profile", "ledger-prod", "--", "true"]),  # --profiles begins alike
    ("exec --profiles ledger-pr\t--all-p\t-- true", ["exec", "--profiles", "ledger-prod", "--all-profiles", "--", "true"]),
    ("exec -p ledger-pr\t-p ledger-pr\t-- true", ["exec", "-p", "ledger-prod", "-p", "ledger-prod", "--", "true"]),
    ("exec -p ledger-pr\t-- true", ["exec", "-p", "ledger-prod", "--", "true"]),
    ("exec tw\t-- true", ["exec", "two words", "--", "true"]),
    ("exec ledger-prod --uni\t", ["exec", "ledger-prod", "--unix-socket"]),   # unix-socket-path begins alike
    ("exec ledger-prod -- my-own-co\t", ["exec", "ledger-prod", "--", "my-own-command"]),
    ("exec ledger-prod --on-tamper w\t", ["exec", "ledger-prod", "--on-tamper", "warn"]),
    ("exec -f fold\tdeep\tpol\t--", ["exec", "-f", "folder/deeper/policy.yaml", "--"]),
    ("credentials ledger-pr\t", ["credentials", "ledger-prod"]),
    ("login ledger-pr\t", ["login", "ledger-prod"]),
    ("cache clear --kind mf\t--prof\tledger-pr\t", ["cache", "clear", "--kind", "mfa", "--profile", "ledger-prod"]),
    ("policy li\tfold\tdeep\tpol\t", ["policy", "lint", "folder/deeper/policy.yaml"]),
    ("host val\tfold\tdeep\tpol\t", ["host", "validate", "folder/deeper/policy.yaml"]),
    ("policy explain --prof\tledger-pr\t", ["policy", "explain", "--profile", "ledger-prod"]),
    ("keys remove ke\t", ["keys", "remove", "kept-key"]),
    ("keys add ledger-pr\t", ["keys", "add", "ledger-prod"]),
    ("audit show --eff\tden\t", ["audit", "show", "--effect", "deny"]),
    ("doctor --offl\t", ["doctor", "--offline"]),
)


class Completion(harness.ProcessTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        home = cls.user.home
        write_profiles(home)
        with open(os.path.join(home, ".aws/config"), "a") as file:
            file.write('[profile "two words"]\nregion = eu-west-1\n')
        for folder in ("folder/deeper", ".local/share/sentinel/keys", "bin"):
            os.makedirs(os.path.join(home, folder))
        for name in ("folder/deeper/policy.yaml", ".local/share/sentinel/keys/kept-key.json"):
            open(os.path.join(home, name), "w").close()
        # Programs are looked for in a folder of the test's own: another would make what is typed ambiguous.
        for name, text in (("sentinel", WRAPPER.format(sentinel=cls.sentinel_path())), ("my-own-command", "#!/bin/sh\n")):
            path = os.path.join(home, "bin", name)
            with open(path, "w") as file:
                file.write(text)
            os.chmod(path, 0o755)
        if cls.user.made:
            for folder, folders, files in os.walk(home):
                for name in folders + files:
                    os.chown(os.path.join(folder, name), cls.user.uid, cls.user.gid)

    @classmethod
    def sentinel_path(cls):
        """The real programs, with the tools beside them, which the layout of a run has not."""
        return os.path.join(os.path.abspath(harness.BUILD), "supervisor/sentinel")

    def completed(self, shell, start, case):
        """Types each case at the shell's prompt, and compares what the command got."""
        if not shutil.which(shell[0]):
            self.skipTest(f"{shell[0]} is not installed")
        environment = {"PATH": os.path.join(self.user.home, "bin") + ":/usr/bin:/bin", "TERM": "xterm",
                       "XDG_CONFIG_HOME": os.path.join(self.user.home, "no-config"), "XDG_DATA_HOME": ""}
        terminal = harness.Terminal(self, list(shell), environment=environment, rows=50, columns=200)
        terminal.send(start)
        terminal.expect("begun-here")
        for typed, arguments in case:
            with self.subTest(shell=shell[0], typed=typed):
                terminal.send(f"sentinel {typed}\n")
                shown = terminal.expect(r"called((?: <[^>\r\n]*>)*) end").group(1)
                got = [word for words in re.findall(r" <([^>]*)>", shown) for word in words.split("=")]  # zsh adds the =
                self.assertEqual(arguments, got)
        terminal.send("exit\n")
        terminal.wait()

    def test_bash(self):
        start = f"bind 'set bell-style none'; cd ~; source {SCRIPTS}/sentinel.bash; echo begun-''here\n"
        self.completed(("bash", "--norc", "--noprofile", "-i"), start, CASES)

    def test_zsh(self):
        start = f"unsetopt beep; cd ~; autoload -Uz compinit && compinit -u -D; source {SCRIPTS}/sentinel.zsh; echo begun-''here\n"
        self.completed(("zsh", "-f", "-i"), start, CASES)

    def test_fish(self):
        start = f"function fish_prompt; end; cd ~; source {SCRIPTS}/sentinel.fish; echo begun-''here\n"
        self.completed(("fish", "--no-config", "-i"), start, CASES)


if __name__ == "__main__":
    harness.main()
