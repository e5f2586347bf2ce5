"""What CI systems, dotenv files and people put into the environment: it stops no run that does not use it, and what cannot be
used is refused with the variable's name and what is wrong with it."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest, policy, rule
from standin_client import key_id_of, secret_of

LONG = 100_000  # bytes; Linux lets a variable have 128 KiB


class LongValues(AwsTest):
    def env_keys(self):
        return ("--env-keys",), {"profile": "nowhere", "policy": ("--policy-file", self.write(
            "policy.yaml", policy(rule(conditions="{ profiles: [nowhere] }"))))}

    def test_a_value_that_is_not_used_stops_nothing(self):
        for name in ("NO_PROXY", "no_proxy", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                     "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_ACCESS_KEY_ID",
                     "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ENDPOINT_URL_SSO"):
            with self.subTest(name):
                hosts = ",".join(f"host{number}.example.com" for number in range(300))
                run = self.start(command=("sh", "-c", f'printf %s "${name}"'),
                                 environment={name: hosts if name in ("NO_PROXY", "no_proxy") else "/" + "x" * 20_000}).finish()
                self.assertEqual(0, run.code, run.stderr)
                if name in ("NO_PROXY", "no_proxy"):
                    self.assertIn(hosts, run.stdout, "the command keeps it")

    def test_nearly_all_that_linux_lets_a_variable_have(self):
        values = {name: "h.example.com," * (LONG // 14) for name in ("NO_PROXY", "no_proxy")}
        run = self.start(command=("true",), environment=values).finish()
        self.assertEqual(0, run.code, run.stderr)

    def test_a_value_that_is_used_is_refused_with_its_name(self):
        for name in ("AWS_REGION", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ENDPOINT_URL",
                     "AWS_ENDPOINT_URL_STS", "HTTPS_PROXY", "https_proxy"):
            with self.subTest(name):
                run = self.refused_start(environment={name: ("http://" if "PROXY" in name.upper() else "/") + "x" * 20_000})
                self.assertIn(name, run.stderr)
                self.assertLess(len(run.stderr), 1000, "the value itself is not shown")

    def test_a_key_of_the_environment_that_is_longer_than_any_is_named_where_it_is_used(self):
        keys = {"AWS_ACCESS_KEY_ID": key_id_of("marta"), "AWS_SECRET_ACCESS_KEY": secret_of("marta")}
        options, more = self.env_keys()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            with self.subTest(name):
                run = self.refused_start(*options, environment={**keys, name: "x" * 20_000}, **more)
                self.assertIn(f"--env-keys: {name} is longer than any that AWS gives", run.stderr)


class Settings(AwsTest):
    def test_what_a_ci_system_leaves_around_a_value_is_told(self):
        for name, value, fault in (("AWS_REGION", "eu-central-1\n", "the region ends with a line break; CI secrets often do"),
                                   ("AWS_REGION", '"eu-central-1"', "the region begins or ends with a quote"),
                                   ("AWS_DEFAULT_REGION", "eu-central-1 ", "the region ends with a blank"),
                                   ("AWS_CONFIG_FILE", self.aws_file("config") + "\n", "the path ends with a line break"),
                                   ("AWS_SHARED_CREDENTIALS_FILE", self.aws_file("credentials") + "\r", "the path ends with a line break"),
                                   ("AWS_CA_BUNDLE", "/etc/ssl\t/x", "the path has a control character in it")):
            with self.subTest(name=name, value=value):
                run = self.refused_start(environment={name: value})
                self.assertIn(f"{name}: {fault}", run.stderr)


class KeysOfTheEnvironment(AwsTest):
    def setUp(self):
        super().setUp()
        self.keys = {"AWS_ACCESS_KEY_ID": key_id_of("marta"), "AWS_SECRET_ACCESS_KEY": secret_of("marta")}
        self.more = {"profile": "nowhere", "policy": ("--policy-file", self.write(
            "policy.yaml", policy(rule(conditions="{ profiles: [nowhere] }"))))}

    def test_what_is_wrong_with_a_value_is_said_with_its_name_and_without_it(self):
        for name, good in self.keys.items():
            for value, fault in ((good + "\n", "ends with a line break; CI secrets often do"),
                                 (good + "\r\n", "ends with a line break; CI secrets often do"),
                                 (" " + good, "begins with a blank or a line break"),
                                 (good + " ", "ends with a blank"),
                                 (f'"{good}"', "begins or ends with a quote"),
                                 (f"'{good}'", "begins or ends with a quote"),
                                 (good[:8] + "\x01" + good[8:], "has a control character in it"),
                                 ("\N{ZERO WIDTH NO-BREAK SPACE}" + good, "has a character in it that is none of ASCII")):
                with self.subTest(name=name, value=repr(value)):
                    run = self.refused_start("--env-keys", environment={**self.keys, name: value}, **self.more)
                    self.assertIn(f"--env-keys: {name} {fault}", run.stderr)
                    self.assertIn("set it to the value alone", run.stderr)
                    self.assertNotIn(secret_of("marta")[:8], run.stderr)
        self.assertEqual([], self.aws.calls())

    def test_an_empty_session_token_beside_a_long_term_key_is_absent(self):
        for name in ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
            with self.subTest(name):
                self.assert_served(self.asker("--env-keys", environment={**self.keys, name: ""}, **self.more).ask())
        self.assertEqual(2, len(self.aws.calls("GetSessionToken", "ok")))

    def test_a_line_break_at_the_end_of_a_key_that_is_not_used_stops_nothing(self):
        run = self.start(command=("true",), environment={name: value + "\n" for name, value in self.keys.items()}).finish()
        self.assertEqual(0, run.code, run.stderr)


class EmptyInTheFiles(AwsTest):
    def test_an_empty_session_token_in_a_file_is_absent_whatever_it_is_called(self):
        key = f"aws_access_key_id = {key_id_of('marta')}\naws_secret_access_key = {secret_of('marta')}\n"
        for name, token in (("new", "aws_session_token =\n"), ("old", "aws_security_token =\n"),
                            ("both", "aws_security_token =\naws_session_token =\n")):
            self.add_to_config(f"[{name}]\n{key}{token}", name="credentials")
            self.add_to_config(f"[profile {name}]\nregion = eu-central-1\n")
            text = self.write("policy.yaml", policy(rule(conditions=f"{{ profiles: [{name}] }}")))
            with self.subTest(name):
                self.assert_served(self.asker(profile=name, policy=("--policy-file", text)).ask())

    def test_quotes_around_a_key_in_a_file_are_told(self):
        for name, line in (("id", f'aws_access_key_id = "{key_id_of("marta")}"\naws_secret_access_key = {secret_of("marta")}\n'),
                           ("secret", f'aws_access_key_id = {key_id_of("marta")}\naws_secret_access_key = "{secret_of("marta")}"\n')):
            with self.subTest(name):
                self.add_to_config(f"[{name}]\n{line}", name="credentials")
                run = self.refused_start(profile=name)
                self.assertRegex(run.stderr, r"credentials:\d+: aws_\w+ begins or ends with a quote")


if __name__ == "__main__":
    unittest.main(verbosity=2)
