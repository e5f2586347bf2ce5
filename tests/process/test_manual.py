"""What sentinel(1) says of AWS and of the environment, against what the sources do."""
import glob
import os
import re
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def text_of(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def sources(*folders):
    return "\n".join(text_of(path) for folder in folders for path in sorted(glob.glob(f"{TOP}/{folder}/**/*.cc", recursive=True)))


PAGE = text_of("supervisor/command_line/sentinel.1").replace("\\-", "-").replace("\\&", "")


class Pages(unittest.TestCase):
    def test_each_page_names_all_others_at_its_end(self):
        pages = {f"{name} ({section})": path for path in glob.glob(f"{TOP}/*/**/sentinel*.[1-9]", recursive=True)
                 for name, section in [os.path.basename(path).rsplit(".", 1)] if os.path.relpath(path, TOP).split(os.sep)[0] in ("broker", "supervisor")}
        self.assertGreater(len(pages), 8)
        for own, path in pages.items():
            named = re.findall(r"^\.BR (\S+ \(\d\))", text_of(path).replace("\\-", "-").partition(".SH SEE ALSO")[2], re.M)
            self.assertEqual(sorted(set(pages) - {own}), sorted(named), path)


class Permissions(unittest.TestCase):
    def test_each_action_that_the_broker_calls_has_a_row_and_no_row_is_of_another(self):
        code = sources("broker")
        services = dict(re.findall(r'constexpr JsonService (k\w+)\{"(\w+)"', code))
        called = {f"{services[name]}:{action}" for name, action in re.findall(r'json_request\((k\w+), \w+, "(\w+)"', code)}
        called |= {f"sts:{action}" for action in re.findall(r'\bForm(?: form)?\("(\w+)"\)', code)}
        called |= {f"iam:{action}" for action in re.findall(r'iam_request\("(\w+)"', code)}
        called |= {"sso:GetRoleCredentials"} if '"GetRoleCredentials"' in code else set()
        self.assertGreater(len(called), 14, "the patterns find what they look for")
        rows = re.findall(r"^ACTION\((\S+?), (\w+),", text_of("ipc/commands/aws_actions.def"), re.M)
        self.assertEqual(len(rows), len(set(rows)))
        self.assertEqual(called, {f"{service}:{name}" for service, name in rows})

    def test_each_row_is_on_the_page(self):
        for service, name in re.findall(r"^(?:ACTION|NEEDED)\((\S+?), (\w+),", text_of("ipc/commands/aws_actions.def"), re.M):
            self.assertIn(f"\n.B {service}:{name}\n", PAGE.partition(".SH IAM PERMISSIONS")[2])

    def test_what_a_text_says_to_allow_is_an_action_of_the_table(self):
        known = {f"{service}:{name}" for service, name in re.findall(r"^(?:ACTION|NEEDED)\((\S+?), (\w+),", text_of("ipc/commands/aws_actions.def"), re.M)}
        named = set(re.findall(r"\b((?:sts|ssm|kms|iam|dynamodb):[A-Z][a-z]\w+)", sources("broker", "supervisor") + text_of("README.md")))
        self.assertGreater(len(named), 8)
        conditions = {"sts:ExternalId", "sts:SourceIdentity"}  # what a policy of AWS compares, no actions
        self.assertLessEqual(named - conditions, known)


class Environment(unittest.TestCase):
    def test_each_variable_that_a_source_reads_is_on_the_page_and_no_row_is_of_another(self):
        read = set(re.findall(r'(?:getenv|variable|environment_value|is_set|take)\((?:[^()"]*, )?"([A-Z][A-Z_]+)"', sources("supervisor", "broker", "ipc")))
        self.assertGreater(len(read), 12)
        rows = set(re.findall(r"^VARIABLE\((\w+),", text_of("supervisor/command_line/own_variables.def"), re.M))
        settings = set(re.findall(r"^SETTING\((\w+),", text_of("ipc/settings.def"), re.M))
        self.assertEqual(set(), read - rows - settings)
        named = set(re.findall(r'"([A-Z][A-Z_]+)"', sources("supervisor", "broker", "ipc")))
        self.assertEqual(set(), rows - named, "no source reads these")
        part = PAGE.partition(".SH ENVIRONMENT")[2].partition(".SH FILES")[0]
        self.assertEqual(set(), {name for name in rows | settings if f"\n.B {name}\n" not in part})


if __name__ == "__main__":
    unittest.main()
