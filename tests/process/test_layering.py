#!/usr/bin/python3
"""The walls of DESIGN.md 5 as seen in the sources and in the built programs: who includes whom, who links what."""
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import BUILD, SANITIZED, main  # noqa: E402

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
PROGRAMS = {"broker": "broker/sentinel-broker", "frontend": "frontend/sentinel-frontend", "supervisor": "supervisor/sentinel",
            "policy tool": "broker/sentinel-policy", "audit tool": "broker/sentinel-audit", "doctor": "supervisor/sentinel-doctor",
            "profiles tool": "broker/sentinel-profiles", "keys tool": "broker/sentinel-keys",
            "credential process": "supervisor/sentinel-credential-process"}
HEAVY = ("http_parser", "curl", "crypto", "ssl", "jsoncpp", "yaml", "sqlite", "expat", "date-tz", "python")
# Which libraries' headers a folder may name, beside the system's and C++'s own.
LIBRARIES = {
    "ipc": {"seccomp.h", "linux", "sys"},
    "frontend": {"event2", "seccomp.h", "sys", "linux"},
    "supervisor": {"seccomp.h", "sys", "linux"},
}
KNOWN_LIBRARIES = {"event2", "event.h", "curl", "openssl", "json", "yaml-cpp", "sqlite3.h", "expat.h", "date", "http_parser.h",
                   "gtest", "gmock", "seccomp.h"}


def sources(folder):
    for top, _, names in os.walk(os.path.join(TOP, folder)):
        for name in names:
            if name.endswith((".cc", ".h", ".def")):
                with open(os.path.join(top, name)) as file:
                    yield os.path.relpath(os.path.join(top, name), TOP), file.read()


class Sources(unittest.TestCase):
    def test_a_folder_includes_its_own_headers_and_those_of_ipc_alone(self):
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            own = set(os.listdir(os.path.join(TOP, folder)))
            for path, text in sources(folder):
                for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
                    allowed = (name in own and folder != "ipc") or re.fullmatch(r"ipc/[\w.]+", name)
                    self.assertTrue(allowed, f'{path} includes "{name}"')

    def test_no_include_climbs_out_of_its_folder(self):
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            for path, text in sources(folder):
                self.assertNotRegex(text, r'#\s*include\s+["<][^">]*\.\.', path)

    def test_a_process_without_secrets_names_no_heavy_library(self):
        for folder, allowed in LIBRARIES.items():
            for path, text in sources(folder):
                for name in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.M):
                    self.assertFalse(name.split("/")[0] in KNOWN_LIBRARIES - allowed, f"{path} includes <{name}>")

    def test_no_librarys_http_parser_is_named_anywhere(self):
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            for path, text in sources(folder):
                self.assertNotRegex(text, r"#\s*include\s+<(http_parser|llhttp|event2/http)", path)

    def test_a_namespace_is_its_folder(self):
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            for path, text in sources(folder):
                named = set(re.findall(r"^namespace (\w+)", text, re.M))
                self.assertLessEqual(named - {"date", "YAML", "Json"}, {folder}, path)  # forward declarations

    def test_nothing_else_lies_at_the_top(self):
        allowed = {"CMakeLists.txt", "LICENSE", "README.md", "bench", "broker", "frontend", "ipc", "supervisor", "tests", "build"}
        listed = subprocess.run(["git", "-C", TOP, "ls-files"], capture_output=True, text=True) if shutil.which("git") else None
        names = listed.stdout.split("\n") if listed and listed.stdout else os.listdir(TOP)
        found = {name.split("/")[0] for name in names if name and not name.startswith(".")}
        self.assertLessEqual(found, allowed)


class Programs(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(os.path.join(BUILD, PROGRAMS["frontend"])):
            self.skipTest(f"no build in {BUILD}")

    def ask(self, *command):
        env = dict(os.environ, LC_ALL="C")
        return subprocess.run(command, capture_output=True, text=True, env=env).stdout

    def test_no_heavy_library_comes_near_the_frontend_or_the_supervisor(self):
        for name in ("frontend", "supervisor", "credential process", "doctor"):
            libraries = self.ask("ldd", os.path.join(BUILD, PROGRAMS[name]))
            for heavy in HEAVY:
                self.assertNotRegex(libraries, rf"lib{heavy}\b|lib{heavy}[-.\d]", f"{name} links {heavy}")

    def test_the_supervisor_knows_no_event_loop_and_no_http(self):
        self.assertNotRegex(self.ask("ldd", os.path.join(BUILD, PROGRAMS["supervisor"])), "libevent|http")

    def test_programs_are_hardened(self):
        for name, path in PROGRAMS.items():
            with self.subTest(name):
                told = self.ask("readelf", "-W", "-h", "-l", "-d", os.path.join(BUILD, path))
                self.assertRegex(told, r"Type:\s+DYN", "position-independent")
                self.assertIn("GNU_RELRO", told)
                self.assertRegex(told, r"BIND_NOW|Flags:.*NOW", "no lazy binding")
                self.assertRegex(told, r"GNU_STACK\s+\S+ \S+ \S+ \S+ \S+ RW ", "stack without code")
                self.assertNotRegex(told, "R(UN)?PATH", "libraries come from the system alone")
                self.assertNotRegex(told, r"LOAD .* RWE ", "no page both written and run")
                if not SANITIZED:
                    self.assertIn("__stack_chk_fail", self.ask("readelf", "-W", "-s", os.path.join(BUILD, path)))


if __name__ == "__main__":
    main()
