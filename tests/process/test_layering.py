#!/usr/bin/python3
"""The walls between folders, and between the rooms of a folder, as seen in the sources and in the built programs: who
includes whom, who links what. And what the sources refer to is there. With --print it tests nothing, and prints the
rooms."""
import os
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import BUILD, SANITIZED, main  # noqa: E402
from rooms import TOP, Rooms, folders_with_rooms  # noqa: E402

PROGRAMS = {"broker": "broker/sentinel-broker", "frontend": "frontend/sentinel-frontend", "supervisor": "supervisor/sentinel",
            "policy tool": "broker/sentinel-policy", "audit tool": "broker/sentinel-audit", "doctor": "supervisor/sentinel-doctor",
            "profiles tool": "broker/sentinel-profiles", "keys tool": "broker/sentinel-keys", "cache tool": "broker/sentinel-cache", "host tool": "broker/sentinel-host",
            "credential process": "supervisor/sentinel-credential-process"}
HEAVY = ("http_parser", "curl", "crypto", "ssl", "jsoncpp", "yaml", "sqlite", "expat", "date-tz", "python")
# Which libraries' headers a folder may name, beside the system's and C++'s own.
LIBRARIES = {
    "ipc": {"seccomp.h", "linux", "sys"},
    "frontend": {"event2", "seccomp.h", "sys", "linux"},
    "supervisor": {"seccomp.h", "sys", "linux"},
}
# What is started for each fetch hashes with OpenSSL's archive, and links nothing.
LIBRARIES_OF_FILES = {"supervisor/credential_process/answer_mac.h": {"openssl"}}
# What a room's LIBS are called in a program; those of ipc_core are every program's that links a room.
LINKED = {"PkgConfig::EVENT_CORE": "event_core", "PkgConfig::SSL": "ssl", "PkgConfig::CURL": "curl", "PkgConfig::CRYPTO": "crypto", "PkgConfig::EXPAT": "expat",
          "PkgConfig::JSONCPP": "jsoncpp", "PkgConfig::YAMLCPP": "yaml-cpp", "PkgConfig::SECCOMP": "seccomp", "PkgConfig::CAP": "cap",
          "date::date-tz": "date-tz", "Threads::Threads": "pthread"}
IPC_LINKED = {"seccomp", "cap"}
RUNTIME = {"c", "m", "gcc_s", "stdc++"} | ({"asan", "ubsan", "tsan", "lsan", "pthread", "dl", "rt"} if SANITIZED else set())
MOST_FILES = 30  # in a room
# What a program never links: the tools of policy authors, and the study of policies, stay out of what holds the keys.
NEVER_LINKED = {"sentinel-broker": ("tools", "study")}
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
            own = {os.path.relpath(path, folder) for path, _ in sources(folder)}
            for path, text in sources(folder):
                for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
                    allowed = (name in own and folder != "ipc") or re.fullmatch(r"ipc/[\w./]+", name)
                    self.assertTrue(allowed, f'{path} includes "{name}"')

    def test_no_include_climbs_out_of_its_folder(self):
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            for path, text in sources(folder):
                self.assertNotRegex(text, r'#\s*include\s+["<][^">]*\.\.', path)

    def test_a_process_without_secrets_names_no_heavy_library(self):
        for folder, allowed in LIBRARIES.items():
            for path, text in sources(folder):
                for name in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.M):
                    more = LIBRARIES_OF_FILES.get(path, set())
                    self.assertFalse(name.split("/")[0] in KNOWN_LIBRARIES - allowed - more, f"{path} includes <{name}>")

    def test_no_librarys_http_parser_is_named_anywhere(self):
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            for path, text in sources(folder):
                self.assertNotRegex(text, r"#\s*include\s+<(http_parser|llhttp|event2/http)", path)

    def test_no_folder_of_the_product_is_a_hall(self):
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            for top, _, names in os.walk(os.path.join(TOP, folder)):
                self.assertLessEqual(len(names), MOST_FILES, os.path.relpath(top, TOP))

    def test_a_namespace_is_its_folder(self):
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            for path, text in sources(folder):
                named = set(re.findall(r"^namespace (\w+)", text, re.M))
                self.assertLessEqual(named - {"date", "YAML", "Json"}, {folder}, path)  # forward declarations

    def test_no_two_headers_of_a_folder_define_a_type_of_one_name(self):
        """The linker would take either's functions for both, and tell nobody: rooms need not include each other for that."""
        for folder in ("ipc", "broker", "frontend", "supervisor"):
            seen = {}
            for path, text in sources(folder):
                for name in re.findall(r"^(?:class|struct|union|enum class) (\w+)(?: final)?(?: : [^;{]+)?\s*\{", text, re.M) if path.endswith(".h") else ():
                    self.assertEqual(path, seen.setdefault(name, path), f"{name} is defined twice")
            self.assertGreater(len(seen), 15)

    def test_nothing_else_lies_at_the_top(self):
        allowed = {"CMakeLists.txt", "LICENSE", "README.md", "bench", "broker", "frontend", "ipc", "supervisor", "tests", "build"}
        listed = subprocess.run(["git", "-C", TOP, "ls-files"], capture_output=True, text=True) if shutil.which("git") else None
        names = listed.stdout.split("\n") if listed and listed.stdout else os.listdir(TOP)
        found = {name.split("/")[0] for name in names if name and not name.startswith(".")}
        self.assertLessEqual(found, allowed)


# Documents of those who built this, which are no part of it. The brackets keep this line from naming them.
ELSEWHERE = (r"\b(?:KERNE[L]|SPE[C]|DESIG[N]|TESTIN[G]|ROOM[S]|STYL[E])\b(?!\.md).{,20}|"
             r"\bFIEL[D] ?[0-9:].{,20}|\b[Ii]ssue [0-9].{,20}")
FACTS = "broker/caller/KERNEL.md"
# A source file as a comment or a page names it: a header or table also without its folder. In quotes or <> it is code.
NAMED_SOURCE = (r"(?<![\w\"'<>{}$*/.-])((?:\.?[\w-]+/)+[a-z_]\w*\.(?:h|cc|def|py|cmake)|[a-z_]\w*\.(?:h|cc|def))"
                r"\b(?![\w\"'/*]|\.\w)")
READ_BY_PEOPLE = (".cc", ".h", ".def", ".py", ".cmake", ".txt", ".md", ".1", ".5", ".in", ".service")


def texts():
    """Each file that people read: its path from the top, and its text without the line breaks of comments."""
    for top, folders, names in os.walk(TOP):
        folders[:] = [name for name in folders if name in (".ci", ".debian", ".github", ".presets") or not name.startswith((".", "__"))
                      and not name.endswith(".corpus") and os.path.join(top, name) != os.path.join(TOP, "build")]
        for name in names:
            if name == "run" or name.endswith(READ_BY_PEOPLE):
                with open(os.path.join(top, name), encoding="utf-8", errors="replace") as file:
                    yield os.path.relpath(os.path.join(top, name), TOP), re.sub(r"\n\s*(?://|#)?\s*", " ", file.read())


class References(unittest.TestCase):
    def test_a_page_that_a_text_names_is_in_the_tree(self):
        for path, text in texts():
            for page in re.findall(r"[\w./-]*\w\.md\b", text):
                places = (os.path.join(TOP, page), os.path.join(TOP, os.path.dirname(path), page))
                self.assertTrue(any(map(os.path.exists, places)), f"{path} names {page}")

    def test_a_source_file_that_a_text_names_is_in_the_tree(self):
        all_texts = list(texts())
        there = {path[start:] for path, _ in all_texts for start in (0, *(slash.end() for slash in re.finditer("/", path)))}
        named = [(path, name) for path, text in all_texts for name in re.findall(NAMED_SOURCE, text)]
        self.assertEqual([], [(path, name) for path, name in named if name not in there])
        self.assertGreater(len(named), 100, "the pattern finds what it looks for")

    def test_a_man_page_of_ours_that_a_text_names_is_in_the_tree(self):
        all_texts = list(texts())
        pages = {os.path.basename(path) for path, _ in all_texts}
        for path, text in all_texts:
            for name, section in re.findall(r"\b(sentinel-\w+)\((5)\)", text):
                self.assertTrue(f"{name}.{section}" in pages, f"{path} names {name}({section})")

    def test_no_text_names_a_document_that_lies_elsewhere(self):
        self.assertEqual([], [(path, found) for path, text in texts() for found in re.findall(ELSEWHERE, text)])

    def test_the_kernel_facts_are_those_that_are_cited(self):
        cited = {}
        for path, text in texts():
            for numbers in re.findall(rf"{FACTS}, facts? ((?:\d+(?:, | and )?)+)", text):
                cited |= {int(number): path for number in re.findall(r"\d+", numbers)}
        with open(os.path.join(TOP, FACTS), encoding="utf-8") as file:
            there = [int(number) for number in re.findall(r"^\*\*(\d+)\. ", file.read(), re.M)]
        self.assertEqual(list(range(1, len(there) + 1)), there)
        self.assertEqual(there, sorted(cited), cited)


class RoomsOfAFolder(unittest.TestCase):
    def test_a_room_includes_what_its_row_allows_and_nothing_else(self):
        for rooms in map(Rooms, folders_with_rooms()):
            for room, other, line in rooms.includes:
                may = rooms.rooms[room].may if room in rooms.rooms else []
                self.assertIn(other, may, f"{rooms.folder}/{line}, and the row of {room} does not allow {other}")

    def test_a_row_allows_nothing_that_no_include_needs(self):
        for rooms in map(Rooms, folders_with_rooms()):
            for name, room in rooms.rooms.items():
                unneeded = sorted(set(room.may) - set(room.uses))
                self.assertEqual([], unneeded, f"{rooms.folder}: the row of {name} allows what none of its files includes")
                self.assertEqual(len(set(room.may)), len(room.may), f"{rooms.folder}: the row of {name} allows a room twice")

    def test_no_way_through_the_rooms_comes_back(self):
        for rooms in map(Rooms, folders_with_rooms()):
            self.assertEqual([], rooms.cycle(), rooms.folder)

    def test_a_room_is_small_enough_to_know(self):
        for rooms in map(Rooms, folders_with_rooms()):
            for name, room in rooms.rooms.items():
                self.assertLessEqual(len(room.files), MOST_FILES, f"{rooms.folder}/{name}")

    def test_every_file_lies_in_a_room_and_every_row_has_files(self):
        for rooms in map(Rooms, folders_with_rooms()):
            self.assertEqual([], rooms.strays, f"{rooms.folder}: files in a folder without a row")
            self.assertEqual([], rooms.twice, f"{rooms.folder}: rooms with two rows")
            for name, room in rooms.rooms.items():
                self.assertNotEqual([], room.files, f"{rooms.folder}: a row for {name}, and no folder")
                self.assertNotEqual("", room.why, f"{rooms.folder}: the row of {name} gives no reason")

    def test_the_rows_make_the_programs_that_are_known(self):
        for rooms in map(Rooms, folders_with_rooms()):
            built = sorted(path.split("/")[1] for path in PROGRAMS.values() if path.startswith(rooms.folder + "/"))
            self.assertEqual(built, sorted(rooms.programs))
            for name, program in rooms.programs.items():
                room = os.path.dirname(program.main)
                self.assertIn(os.path.basename(program.main), rooms.rooms[room].files, name)
                for linked in program.rooms:
                    self.assertIn(linked, [room] + rooms.rooms[room].may, f"{name} links a room that its main may not include")

    def test_what_holds_the_keys_links_no_tool(self):
        for rooms in map(Rooms, folders_with_rooms()):
            for name, forbidden in NEVER_LINKED.items():
                linked = rooms.reached(rooms.programs[name].rooms) if name in rooms.programs else set()
                self.assertEqual([], sorted(room for room in linked if room.split("/")[0] in forbidden), name)


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

    def test_a_program_needs_no_library_that_its_rooms_do_not_name(self):
        for folder in folders_with_rooms():
            rooms = Rooms(folder)
            for name, program in rooms.programs.items():
                with self.subTest(name):
                    named = {library for room in rooms.reached(program.rooms) for library in rooms.rooms[room].libs}
                    self.assertLessEqual(named, set(LINKED), "LIBS that this test does not know")
                    allowed = RUNTIME | {LINKED[library] for library in named} | (IPC_LINKED if program.rooms else set())
                    dynamic = self.ask("readelf", "-W", "-d", os.path.join(BUILD, folder, name))
                    needed = re.findall(r"\(NEEDED\).*\[lib(.+?)(?:-[\d.]+)?\.so", dynamic)
                    self.assertIn("Dynamic section", dynamic, "no such program was built")
                    self.assertEqual([], sorted(set(needed) - allowed))

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
    if "--print" in sys.argv[1:]:
        print("\n\n".join(Rooms(folder).table() for folder in folders_with_rooms()))
    else:
        main()
