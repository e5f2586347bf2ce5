"""The Debian package, made by cpack of this build: what lies in it, with which owner and mode; what it needs; that lintian finds
nothing but what is overridden by name; and the list of what its programs are linked with. tests/fresh_root installs it."""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE]
import harness  # noqa: E402

TOP = os.path.join(HERE, "../..")
CHANGELOG = os.path.join(TOP, ".debian/changelog")
HELPERS = {"sentinel-broker", "sentinel-frontend", "sentinel-credential-process", "sentinel-doctor", "sentinel-policy",
           "sentinel-audit", "sentinel-keys", "sentinel-profiles", "sentinel-cache", "sentinel-host"}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def built():
    """Whether every program that is installed is there, and the list beside them: a build of some targets has no package."""
    return all(os.path.exists(os.path.join(harness.BUILD, path)) for path in (
        "sentinel.spdx.json", "CPackConfig.cmake", "supervisor/sentinel", "frontend/sentinel-frontend", "broker/sentinel-keys"))


@unittest.skipIf(harness.SANITIZED, "nobody is given a sanitized program")
@unittest.skipUnless(built(), "not every program is built")
@unittest.skipUnless(shutil.which("dpkg-shlibdeps"), "no dpkg-dev here, which finds what the programs need")
class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sentinel-package-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        done = subprocess.run(["cpack", "--config", os.path.join(harness.BUILD, "CPackConfig.cmake"), "-B", cls.folder],
                              capture_output=True, text=True, cwd=cls.folder, preexec_fn=lambda: os.umask(0o077) and None)
        assert done.returncode == 0, done.stdout + done.stderr
        names = [name for name in os.listdir(cls.folder) if name.endswith(".deb")]
        assert len(names) == 1, names
        cls.deb = os.path.join(cls.folder, names[0])
        archive = subprocess.run(["dpkg-deb", "--fsys-tarfile", cls.deb], check=True, capture_output=True).stdout
        path = os.path.join(cls.folder, "data.tar")
        with open(path, "wb") as file:
            file.write(archive)
        cls.tar = tarfile.open(path)
        cls.addClassCleanup(cls.tar.close)
        cls.entries = {os.path.normpath(entry.name): entry for entry in cls.tar.getmembers()}

    def text(self, name):
        data = self.tar.extractfile(self.entries[name]).read()
        return (gzip.decompress(data) if name.endswith(".gz") else data).decode()

    def field(self, name):
        return output("dpkg-deb", "--field", self.deb, name).strip()

    def test_everything_is_roots_and_only_the_programs_are_unreadable(self):
        programs = {f"usr/libexec/sentinel/{name}" for name in HELPERS} | {"usr/bin/sentinel"}
        for name, entry in self.entries.items():
            with self.subTest(name):
                self.assertEqual((0, 0), (entry.uid, entry.gid))
                wanted = 0o711 if name in programs else 0o755 if entry.isdir() else 0o644
                self.assertEqual(oct(wanted), oct(entry.mode))
        self.assertEqual(programs, {name for name, entry in self.entries.items() if entry.isfile() and entry.mode & 0o111})

    def test_nothing_of_the_administrators_is_in_it(self):
        self.assertEqual({"etc", "etc/sentinel", "etc/sentinel/policies"}, {name for name in self.entries if name.startswith("etc")},
                         "a file in /etc must be a conffile, which an upgrade asks about")

    def test_nothing_is_started_or_enabled(self):
        self.assertEqual([], [name for name in self.entries if re.search(r"systemd/|init\.d|\.service|\.socket|cron|autostart|profile\.d", name)])
        scripts = output("dpkg-deb", "--info", self.deb, "postinst")
        self.assertNotRegex(scripts, r"systemctl|deb-systemd|update-rc|invoke-rc")

    def test_each_manual_page_of_the_tree_is_in_it_packed(self):
        pages = set()
        for folder in ("broker", "frontend", "supervisor", "ipc"):
            for place, _, names in os.walk(os.path.join(TOP, folder)):
                pages |= {f"usr/share/man/man{name[-1]}/{name}.gz" for name in names if re.fullmatch(r"sentinel.*\.[1-9]", name)}
        self.assertGreaterEqual(len(pages), 8)
        self.assertEqual(pages, {name for name in self.entries if "/man/man" in name and not self.entries[name].isdir()})
        for page in pages:
            self.assertIn(".TH SENTINEL", self.text(page))
        self.assertIn("complete ", self.text("usr/share/bash-completion/completions/sentinel"))

    def test_version_and_changelog_are_one(self):
        with open(CHANGELOG) as file:
            changelog = file.read()
        self.assertEqual(changelog, self.text("usr/share/doc/sentinel/changelog.Debian.gz"))
        newest = re.match(r"sentinel \((.+?)-(\d+)\) ", changelog)
        with open(os.path.join(TOP, "CMakeLists.txt")) as file:
            self.assertIn(f"project(sentinel VERSION {newest[1]} ", file.read())
        self.assertEqual(f"{newest[1]}-{newest[2]}", self.field("Version"))
        said = output(os.path.join(harness.BUILD, "supervisor/sentinel"), "--version")
        self.assertEqual(f"sentinel {newest[1]}\n", said)
        self.assertIn(self.field("Maintainer"), changelog)
        self.assertIn("License: Expat", self.text("usr/share/doc/sentinel/copyright"))

    def test_another_version_in_the_changelog_does_not_configure(self):
        tree = os.path.join(self.folder, "tree")
        os.makedirs(os.path.join(tree, ".debian"))
        for name in ("package.cmake", "changelog"):
            shutil.copy(os.path.join(TOP, ".debian", name), os.path.join(tree, ".debian"))
        with open(os.path.join(tree, "CMakeLists.txt"), "w") as file:
            file.write("cmake_minimum_required(VERSION 3.25)\nproject(sentinel VERSION 99.1 LANGUAGES NONE)\ninclude(.debian/package.cmake)\n")
        done = subprocess.run(["cmake", "-S", tree, "-B", os.path.join(tree, "build")], capture_output=True, text=True)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("project() says 99.1", " ".join(done.stderr.split()))

    def test_it_needs_what_its_programs_are_linked_with_and_nothing_for_comfort(self):
        needed = {each.split()[0] for each in self.field("Depends").split(",")}
        self.assertLessEqual({"ca-certificates", "tzdata", "systemd-standalone-sysusers", "libc6", "libssl3", "libcurl4", "libseccomp2", "libcap2"}, needed)
        self.assertLessEqual({name for name in needed if not name.startswith("lib")}, {"ca-certificates", "tzdata", "systemd-standalone-sysusers"})

    def test_the_system_user_cannot_log_in_and_its_folders_are_its_own(self):
        self.assertRegex(self.text("usr/lib/sysusers.d/sentinel.conf"), r'(?m)^u _sentinel - "[^"]+" /var/lib/sentinel$')
        rows = [line.split() for line in self.text("usr/lib/tmpfiles.d/sentinel.conf").splitlines() if not line.startswith("#")]
        self.assertEqual([["d", "/run/sentinel", "0755", "_sentinel", "_sentinel", "-"],
                          ["d", "/var/lib/sentinel", "0700", "_sentinel", "_sentinel", "-"]], rows)

    @unittest.skipUnless(shutil.which("lintian"), "no lintian here")
    def test_lintian_finds_nothing_that_is_not_overridden_by_name(self):
        command = ["lintian", "--fail-on", "none", "--show-overrides", self.deb]
        done = subprocess.run(command + (["--allow-root"] if os.geteuid() == 0 else []), capture_output=True, text=True)
        found = [line for line in done.stdout.splitlines() if re.match(r"[EWX]:", line)]
        self.assertEqual((0, []), (done.returncode, found), done.stdout + done.stderr)
        with open(os.path.join(TOP, ".debian/lintian-overrides")) as file:
            overridden = {line.split()[1] for line in file if not line.startswith("#")}
        self.assertEqual(overridden, {line.split()[2] for line in done.stdout.splitlines() if line.startswith("O:")},
                         "an override that nothing needs hides what comes later")


class Build(unittest.TestCase):
    def test_the_readme_names_what_a_build_needs(self):
        with open(os.path.join(TOP, "tests/packages.txt")) as file:
            needed = file.read().split("# The tests.\n")[0]
        with open(os.path.join(TOP, "README.md")) as file:
            said = re.search(r"^sudo apt install (g\+\+ (?:.*\\\n)*.*)$", file.read(), re.M)[1]
        self.assertEqual([line for line in needed.splitlines() if not line.startswith("#")], sorted(
            said.replace("\\", " ").split(), key=lambda name: needed.index(f"\n{name}\n")))


@unittest.skipIf(harness.SANITIZED, "nobody is given a sanitized program")
@unittest.skipUnless(built(), "not every program is built")
class LinkedCode(unittest.TestCase):
    """sentinel.spdx.json, against what the linker says of each program."""

    @classmethod
    def setUpClass(cls):
        with open(os.path.join(harness.BUILD, "sentinel.spdx.json")) as file:
            cls.list = json.load(file)
        cls.packages = {each["SPDXID"]: each for each in cls.list["packages"]}

    def linked(self, program, kind):
        return {self.packages[each["relatedSpdxElement"]]["name"] for each in self.list["relationships"]
                if each["spdxElementId"] == f"SPDXRef-program-{program}" and each["relationshipType"] == kind}

    def test_it_has_the_form_of_spdx(self):
        self.assertEqual(("SPDX-2.3", "CC0-1.0", "SPDXRef-DOCUMENT"),
                         tuple(self.list[key] for key in ("spdxVersion", "dataLicense", "SPDXID")))
        self.assertRegex(self.list["creationInfo"]["created"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertRegex(self.list["documentNamespace"], r"^https://[^#]+-[0-9a-f]{64}$")
        self.assertEqual(len(self.packages), len(self.list["packages"]), "two packages share an id")
        for name in self.packages:
            self.assertRegex(name, r"^SPDXRef-[A-Za-z0-9.-]+$")
        known = set(self.packages) | {"SPDXRef-DOCUMENT"}
        for each in self.list["relationships"]:
            self.assertLessEqual({each["spdxElementId"], each["relatedSpdxElement"]}, known)

    def test_each_program_that_is_installed_is_in_it(self):
        programs = {each["relatedSpdxElement"] for each in self.list["relationships"] if each["relationshipType"] == "CONTAINS"}
        self.assertEqual({f"SPDXRef-program-{name}" for name in HELPERS | {"sentinel"}}, programs)

    def test_what_each_program_loads_is_named_with_the_version_that_is_here(self):
        for name in HELPERS | {"sentinel"}:
            folder = next(each for each in ("broker", "frontend", "supervisor") if os.path.exists(os.path.join(harness.BUILD, each, name)))
            needed = re.findall(r"\(NEEDED\)\s+Shared library: \[(.+?)\]", output("readelf", "-d", os.path.join(harness.BUILD, folder, name)))
            packages = set()
            for library in needed:
                if library.startswith("ld-linux"):
                    continue
                packages |= {line.split(":")[0] for line in output("dpkg-query", "-S", f"*/{library}").splitlines()
                             if re.search(rf"/lib/[a-z0-9_]+-linux-gnu/{re.escape(library)}$", line)}
            with self.subTest(name):
                self.assertEqual(name == "sentinel-credential-process", not packages)
                self.assertLessEqual(packages, self.linked(name, "DYNAMIC_LINK"))
        for each in self.list["packages"]:
            if "sourceInfo" in each:
                self.assertIn(each["versionInfo"], output("dpkg-query", "-W", "-f", "${Version}\n", each["name"]).split())
                self.assertIn(f"/{each['name'].replace('+', '%2B')}@", each["externalRefs"][0]["referenceLocator"])

    def test_what_is_part_of_a_program_is_named_as_that(self):
        self.assertEqual({"libc6-dev", "libssl-dev", "libstdc++-12-dev", "libgcc-12-dev"}, self.linked("sentinel-credential-process", "STATIC_LINK"))
        self.assertEqual(set(), self.linked("sentinel-broker", "STATIC_LINK"))


if __name__ == "__main__":
    unittest.main()
