#!/usr/bin/python3
"""Several profiles in one run: each is judged, fetched, kept and logged for itself, by whatever means it is chosen, and what
goes wrong with one is no other's business."""
import configparser
import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PYTHON, AwsTest, Run, policy, rule
from harness import main, wait_until
from standin_client import REGION, mfa_serial, role_arn, user_arn

AWS = "/usr/bin/aws"
EVERY = "{ profiles: [{ glob: '*' }] }"
BOTO3 = """
import boto3, json, sys
told = []
for name in sys.argv[2:]:
    session = boto3.Session(profile_name=name)
    told.append([session.client('sts', endpoint_url=sys.argv[1]).get_caller_identity()['Arn'].split('/')[1], session.region_name])
print(json.dumps(told))
"""


class SeveralProfiles(AwsTest):
    """By default: ledger-prod first, then ledger-short and ledger-external, roles of marta's, under a policy that allows all."""
    PROFILES = ("ledger-prod", "ledger-short", "ledger-external")

    def options(self, profiles=None, more=()):
        words = [word for name in (profiles or self.PROFILES)[1:] for word in ("--profile", name)]
        return [*words, *more]

    def policy_file(self, text=None):
        return ("--policy-file", self.write("policy.yaml", text or policy(rule(conditions=EVERY))))

    def several(self, *more, profiles=None, text=None, **rest):
        profiles = profiles or self.PROFILES
        return self.asker(*self.options(profiles, more), profile=profiles[0], transport="unix", policy=self.policy_file(text), **rest)

    def refused_several(self, *more, profiles=None, text=None, transport="unix", **rest):
        profiles = profiles or self.PROFILES
        return self.refused_start(*self.options(profiles, more), profile=profiles[0], transport=transport,
                                  policy=self.policy_file(text), **rest)

    def exec(self, *words, **more):
        """A run without --profile of its own."""
        return Run(self, ["exec", "--server", "--unix-socket", *self.policy_file(), "--log-file", self.log_path, *words],
                   environment=self.environment(), cwd=self.folder, **more)

    def add_profile(self, name, **members):
        header = name if re.fullmatch(r"[\w-]+", name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
        lines = [f"[profile {header}]", *(f"{key} = {value}" for key, value in {"region": REGION, **members}.items())]
        self.add_to_config("\n" + "\n".join(lines) + "\n")

    def who(self, asker, profile=None, by_option=False):
        """What the real aws is told: the role, or how it failed."""
        asked = [AWS, "--endpoint-url", self.aws.url, "--output", "json", "sts", "get-caller-identity"]
        if by_option:
            asked += ["--profile", profile]
        done = asker.order("run", argv=["env", *([f"AWS_PROFILE={profile}"] if profile and not by_option else []), *asked])
        return json.loads(done["stdout"])["Arn"].split("/")[1] if done["code"] == 0 else done["stderr"]

    def ask_for(self, asker, path, **more):
        return asker.ask(path=path, again=30, **more)

    def lines(self, profile, outcome="issued"):
        return [line for line in self.decisions() if line["profile"] == profile and line["outcome"] == outcome]


class Served(SeveralProfiles):
    def test_the_real_aws_gets_each_profile_by_its_name_and_the_first_without_one(self):
        asker = self.several()
        self.assertEqual("ledger-prod", self.who(asker))
        self.assertEqual("ledger-short", self.who(asker, "ledger-short"))
        self.assertEqual("ledger-external", self.who(asker, "ledger-external", by_option=True))
        self.assertEqual("ledger-prod", self.who(asker, "ledger-prod"))
        asker.end()
        for name in self.PROFILES:
            for line in self.lines(name):
                self.assertEqual(role_arn(name), line["role_arn"])
        self.assertEqual(set(self.PROFILES), {line["profile"] for line in self.decisions()})
        self.assertEqual(3, len(self.assume_role()), "each role once, and from one key")
        self.assertEqual(1 + 4, len(self.aws.calls("GetCallerIdentity")), "whose the key is, is asked once, beside aws's four")

    def test_two_boto3_sessions_in_one_process(self):
        self.add_profile("ledger-east", role_arn=role_arn("ledger-short"), source_profile="marta", region="us-east-1")
        run = self.start("--profile", "ledger-east", transport="unix", policy=self.policy_file(),
                         command=(PYTHON, "-c", BOTO3, self.aws.url, "ledger-east", "ledger-prod")).finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertEqual([["ledger-short", "us-east-1"], ["ledger-prod", REGION]], json.loads(run.stdout))
        self.assertEqual({"ledger-east", "ledger-prod"}, {line["profile"] for line in self.decisions()})

    def test_the_config_has_a_section_for_each_with_its_own_settings(self):
        self.add_profile("ledger odd", role_arn=role_arn("ledger-short"), source_profile="marta", region="us-west-2",
                         output="table", services="ours")
        self.add_to_config("\n[services ours]\ns3 =\n  endpoint_url = http://127.0.0.1:9\n")
        script = "cat $AWS_CONFIG_FILE; echo; echo region=$AWS_REGION profile=$AWS_PROFILE sentinel=$AWS_SENTINEL"
        run = self.start("--profile", "ledger odd", transport="unix", policy=self.policy_file(), command=("sh", "-c", script)).finish()
        self.assertEqual(0, run.code, run.stderr)
        text, _, told = run.stdout.rpartition("\n\n")
        made = configparser.RawConfigParser()
        made.read_string(text)
        helper = made["default"]["credential_process"]
        self.assertEqual(["default", "profile ledger-prod", 'profile "ledger odd"', "services sentinel-2"], made.sections())
        self.assertEqual((helper + " ledger-prod", REGION), (made["profile ledger-prod"]["credential_process"], made["profile ledger-prod"]["region"]))
        odd = made['profile "ledger odd"']
        self.assertEqual((helper + " ledger%20odd", "us-west-2", "table", "sentinel-2"),
                         tuple(odd[key] for key in ("credential_process", "region", "output", "services")))
        self.assertNotIn("output", made["default"])
        self.assertEqual("region= profile= sentinel=ledger-prod\n", told + ("" if told.endswith("\n") else "\n"),
                         "a region of the environment would be every profile's")

    def test_a_name_of_odd_letters_is_served_by_it(self):
        name = "büro 'eins'; $(x) \\ %41"
        self.add_profile(name, role_arn=role_arn("ledger-short"), source_profile="marta")
        asker = self.several(profiles=("ledger-prod", name))
        self.assertEqual("ledger-short", self.who(asker, name))
        asker.end()
        self.assertEqual({role_arn("ledger-short")}, {line["role_arn"] for line in self.lines(name)})

    def test_patterns_find_profiles_and_the_first_is_the_default(self):
        run = self.exec("--profiles", "ledger-*", "--", "sh", "-c",
                        f"grep -c credential_process $AWS_CONFIG_FILE; echo $AWS_SENTINEL; AWS_PROFILE=ledger-short {AWS} --endpoint-url "
                        f"{self.aws.url} --query Arn --output text sts get-caller-identity").finish()
        self.assertEqual(0, run.code, run.stderr)
        count, first, arn = run.stdout.splitlines()
        self.assertEqual(("8", "ledger-audit"), (count, first))
        self.assertIn(":assumed-role/ledger-short/", arn)

    def test_all_profiles_leaves_out_what_cannot_be_used_and_says_why(self):
        self.add_to_config("\n[default]\nregion = eu-west-1\n\n[profile loop]\nrole_arn = " + role_arn("ledger-prod") + "\nsource_profile = loop-two\n"
                           "\n[profile loop-two]\nrole_arn = " + role_arn("ledger-prod") + "\nsource_profile = loop\n")
        self.add_profile("empty")
        run = self.exec("--profile", "ledger-prod", "--all-profiles", "--", "cat", "/dev/null").finish()
        self.assertEqual(0, run.code, run.stderr)
        for name, why in (("empty", "has neither an access key nor a role_arn"), ("loop", "loop"),
                          ("default", "a program that names no profile takes the section [default]")):
            line, = [line for line in run.stderr.splitlines() if f"profile '{name}' is left out: " in line]
            self.assertIn(why, line)
        self.assertEqual(4, run.stderr.count(" is left out: "), run.stderr)

    def test_a_profile_that_is_named_default_is_put_first(self):
        self.add_to_config(f"\n[default]\nrole_arn = {role_arn('ledger-short')}\nsource_profile = marta\nregion = {REGION}\n")
        run = self.exec("--all-profiles", "--", "sh", "-c", f"echo $AWS_SENTINEL; {AWS} --endpoint-url {self.aws.url} --query Arn "
                        "--output text sts get-caller-identity").finish()
        self.assertEqual(0, run.code, run.stderr)
        self.assertRegex(run.stdout, r"^default\n.*:assumed-role/ledger-short/")


class Told(SeveralProfiles):
    def status(self, asker, profile=None, *options):
        chosen = [f"AWS_PROFILE={profile}"] if profile else []
        return asker.order("run", argv=["env", *chosen, self.layout.sentinel, "status", *(options or ("--json",))])

    def told(self, asker, profile=None):
        answer = self.status(asker, profile)
        self.assertEqual((0, ""), (answer["code"], answer["stderr"]))
        self.assert_no_secret(answer["stdout"], "the status")
        told = json.loads(answer["stdout"])
        return tuple(told[key] for key in ("profile", "role", "effect")), told["keys_end"]

    def test_status_tells_of_the_chosen_profile_and_fetches_nothing_for_it(self):
        asker = self.several()
        self.assertEqual(403, asker.ask(path="/status/ledger-short", token="wrong")["status"])
        before = len(self.decisions()), len(self.aws.calls("AssumeRole"))
        self.assertEqual((("ledger-short", role_arn("ledger-short"), None), None), self.told(asker, "ledger-short"))
        self.assertEqual("ledger-short\n", self.status(asker, "ledger-short", "--short")["stdout"])
        for first in (None, "default", "ledger-prod", "ledger-audit", "another run's"):
            facts, end = self.told(asker, first)
            self.assertEqual(("ledger-prod", role_arn("ledger-prod"), "allow"), facts, first)
            self.assertIsNotNone(end)
        self.assertEqual(before, (len(self.decisions()), len(self.aws.calls("AssumeRole"))), "nothing was handed out")
        self.assertEqual("ledger-short", self.who(asker, "ledger-short"))
        facts, end = self.told(asker, "ledger-short")
        self.assertEqual(("ledger-short", role_arn("ledger-short"), "allow"), facts)
        self.assertIsNotNone(end)
        asker.end()

    def test_status_says_what_policy_says_of_the_chosen_profile(self):
        asker = self.several(text=policy(rule(effect="deny", name="no-short", conditions="{ profiles: [ledger-short] }"), rule(conditions=EVERY)))
        self.who(asker, "ledger-short")
        self.assertEqual((("ledger-short", role_arn("ledger-short"), "deny"), None), self.told(asker, "ledger-short"))
        self.assertEqual("allow", self.told(asker)[0][2])
        asker.end()

    def test_the_word_and_the_short_option_and_settings_name_profiles(self):
        home = os.path.join(self.folder, "config-home")
        os.makedirs(os.path.join(home, "sentinel"))
        for name in (home, os.path.join(home, "sentinel")):
            self.owned(name)
        self.write("config-home/sentinel/config", f"[default]\nserver = true\nunix-socket = true\npolicy-file = {self.policy_file()[1]}\n"
                   f"log-file = {self.log_path}\n", 0o600)
        show = ("sh", "-c", "grep '^.profile' $AWS_CONFIG_FILE; echo $AWS_SENTINEL")
        for words, more, first, named in (
                (("ledger-prod", "-p", "ledger-short"), {}, "ledger-prod", ["ledger-prod", "ledger-short"]),
                (("-p", "ledger-short", "-pledger-prod"), {}, "ledger-short", ["ledger-short", "ledger-prod"]),
                (("-p", "ledger-short"), {"AWS_PROFILE": "ledger-prod"}, "ledger-short", ["ledger-short"]),
                (("--profiles", "ledger-s*"), {"AWS_PROFILE": "ledger-prod"}, "ledger-prod", ["ledger-prod", "ledger-short"]),
                ((), {"SENTINEL_PROFILE": "ledger-prod", "SENTINEL_PROFILES": "ledger-s*"}, "ledger-prod", ["ledger-prod", "ledger-short"])):
            run = Run(self, ["exec", *words, "--", *show], environment={**self.environment(), "XDG_CONFIG_HOME": home, **more}, cwd=self.folder).finish()
            self.assertEqual(0, run.code, run.stderr)
            self.assertEqual([*(f"[profile {name}]" for name in named), first], run.stdout.splitlines(), words)


class Refused(SeveralProfiles):
    def refused_words(self, *words):
        run = Run(self, ["exec", *words, "--", "touch", self.marker], environment=self.environment(), cwd=self.folder).finish()
        self.assertFalse(os.path.exists(self.marker), "the command ran")
        self.assertEqual(run.own_failure, run.code)
        return run.stderr

    def test_what_serves_one_profile_refuses_several(self):
        policy_file, two = self.policy_file(), ("--profile", "ledger-prod", "--profile", "ledger-short")
        for words, said in ((two, "only over the Unix socket"), ((*two, "--server"), "only over the Unix socket"),
                            ((*two, "--server", "--unix-socket", "--allow-tcp-fallback"), "--allow-tcp-fallback is for one"),
                            ((*two, "--server", "--unix-socket", "--env-keys"), "--env-keys is for one"),
                            (("--all-profiles", "--server"), "--all-profiles does nothing without --unix-socket"),
                            (("--profiles", "x*"), "--profiles does nothing without --server")):
            self.assertIn(said, self.refused_words(*words, *policy_file), words)
        self.assertIn("a remote server issues for one",
                      self.refused_words(*two, "--unix-socket", "--remote-server", self.aws.urls["tvm"] + "/x?profile=y"))
        missing = self.refused_words("--server", *policy_file)
        self.assertIn("--profile is missing", missing)
        self.assertIn("add --profile NAME or --profiles PATTERN or --all-profiles, ", missing)
        for command in ("credentials", "whoami"):
            run = Run(self, [command, *two, *policy_file], environment=self.environment(), cwd=self.folder).finish()
            self.assertEqual(run.own_failure, run.code)
            self.assertIn("--profile is given twice with different values", run.stderr)

    def test_a_name_that_cannot_be_served_ends_the_start(self):
        for name, said in (("no-such", "no profile 'no-such'"), ("default", "--profile default is not the first"),
                           ("a\nb", "has a control character in it"), ("x" * 257, "is longer than 256 bytes")):
            self.assertIn(said, self.refused_several(profiles=("ledger-prod", name)).stderr)
        self.assertIn("no profile of the AWS files fits 'none-*'", self.refused_several("--profiles", "none-*").stderr)

    def test_more_than_a_run_serves_are_refused(self):
        many = [f"more-{number}" for number in range(64)]
        self.assertIn("65 profiles are asked for, and a run serves at most 64", self.refused_several(profiles=["ledger-prod", *many]).stderr)
        for name in many:
            self.add_profile(name, role_arn=role_arn("ledger-short"), source_profile="marta")
        self.assertIn("65 profiles are asked for, and a run serves at most 64", self.refused_several("--profiles", "more-*", profiles=("ledger-prod",)).stderr)
        asker = self.several("--profiles", "more-*", profiles=("more-0",))
        self.assertEqual("ledger-short", self.who(asker, "more-63"))
        asker.end()

    def test_a_profile_that_policy_denies_is_refused_while_the_other_is_served(self):
        text = policy(rule(effect="deny", name="no-short", reason="not today", conditions="{ profiles: [ledger-short] }"), rule(conditions=EVERY))
        asker = self.several(text=text)
        self.assertEqual("ledger-prod", self.who(asker))
        self.assertIn("refused", self.who(asker, "ledger-short"))
        self.assertEqual("ledger-external", self.who(asker, "ledger-external"))
        self.assertEqual("ledger-prod", self.who(asker))
        asker.end()
        line = self.lines("ledger-short", "refused")[0]
        self.assertEqual(("deny", "no-short", "not today", "policy"), tuple(line[key] for key in ("effect", "rule", "reason", "check")))
        self.assertIn('refused credentials for profile ledger-short to process', asker.run.stderr)
        self.assertEqual([], self.lines("ledger-short"))
        self.assertNotIn(role_arn("ledger-short"), [call["params"]["RoleArn"] for call in self.assume_role()])

    def test_a_request_names_none_but_the_runs_own(self):
        asker = self.several()
        self.assertEqual(200, asker.ask(path="/creds/ledger-prod")["status"])
        answer = asker.ask(path="/creds/ledger-audit")  # which the files have, and the run has not
        self.assertEqual(403, answer["status"])
        self.assertNotIn("ledger-external", json.dumps(answer), "a client is not told what there is")
        self.assertEqual(403, asker.ask(path="/creds/" + "x" * 256)["status"])
        line = self.lines("ledger-audit", "refused")[0]
        self.assertEqual("profile", line["check"])
        self.assertIn("this run serves no profile of that name, but ledger-prod, ledger-short, ledger-external", line["reason"])
        for odd in ("", "a b", "ledger%2dprod", "ledger%2Dprod", "ledger%2Dpro%64", "%", "%4", "%zz", "a/b", "..%2Fx", "%00", "x%0A", "%7F",
                    "ledger-prod?x", "ledger-prod/", "x" * 257, "%C3" * 300, "ledger-prod%20%"):
            before = len(self.decisions())
            status = asker.ask(path="/creds/" + odd)["status"]
            if odd in ("..%2Fx",):  # a name as any other, and none of this run
                self.assertEqual(403, status, odd)
            else:
                self.assertIn(status, (400, 404), odd)
                self.assertEqual(before, len(self.decisions()), "the broker is not asked")
        self.assertEqual(200, asker.ask(path="/creds/ledger-prod")["status"])
        asker.end()
        self.assertIn("this run serves no profile of that name", asker.run.stderr)

    def test_a_stranger_makes_nothing_happen_whichever_profile_it_names(self):
        asker = self.several()
        before = self.aws.calls("AssumeRole")
        for name in self.PROFILES:
            self.assertEqual(403, asker.ask(path="/creds/" + name, token="x" * 43)["status"])
        self.assertEqual(403, asker.ask(path="/creds/no-such", token="")["status"])
        self.assertEqual(len(before), len(self.aws.calls("AssumeRole")))
        refused = [line["check"] for line in self.decisions() if line["outcome"] == "refused"]
        self.assertEqual(["token-wrong"] * 3 + ["token-missing"], refused)
        asker.end()

    def test_over_tcp_there_is_one_profile(self):
        asker = self.asker(policy=self.policy_file())
        self.assertEqual((200, 404), (asker.ask()["status"], asker.ask(path="/creds/ledger-prod")["status"]))
        asker.end()

    def test_the_helper_takes_a_profile_as_the_config_writes_it_and_nothing_else(self):
        asker = self.several()
        helper = self.layout.credential_process
        for words in (("",), ("a b",), ("ledger-short", "more"), ("x" * 769,), ("a\r\nX: y",), ("--help",)):
            done = asker.order("run", argv=[helper, *words])
            expected = "refused: " if words == ("--help",) else "what is named is no profile"
            self.assertEqual((1, ""), (done["code"], done["stdout"]))
            self.assertIn(expected, done["stderr"])
        asker.end()


class Apart(SeveralProfiles):
    """What is kept for one profile never answers another, and what befalls one leaves the others alone."""

    def key_of(self, asker, name):
        answer = self.ask_for(asker, "/creds/" + name)
        self.assert_served(answer)
        return answer["body"]["AccessKeyId"]

    def test_keys_of_the_same_role_and_rule_are_each_profiles_own(self):
        for name in ("twin-a", "twin-b"):
            self.add_profile(name, role_arn=role_arn("ledger-short"), source_profile="marta")
        asker = self.several(profiles=("twin-a", "twin-b"))
        keys = {name: {self.key_of(asker, name) for _ in range(3)} for name in ("twin-a", "twin-b")}
        asker.end()
        self.assertEqual([1, 1], [len(each) for each in keys.values()])
        self.assertNotEqual(keys["twin-a"], keys["twin-b"])
        for name, each in keys.items():
            self.assertEqual(each, {line["access_key_id"] for line in self.lines(name)})

    def test_keys_of_profiles_that_are_keys_are_each_users_own(self):
        asker = self.several(profiles=("marta", "otto"))
        keys = {name: self.key_of(asker, name) for name in ("marta", "otto", "marta")}
        asker.end()
        self.assertEqual(2, len(set(keys.values())))
        self.assertEqual({("marta", user_arn("marta")), ("otto", user_arn("otto"))},
                         {(line["profile"], line["principal"]) for line in self.decisions()})
        self.assertEqual({"marta", "otto"}, {line["user"] for line in self.decisions()})

    def test_each_is_narrowed_by_its_own_rule(self):
        text = policy(rule(name="short", conditions="{ profiles: [ledger-short] }", more="restrict: { tags: { team: ledger } }"),
                      rule(name="rest", conditions=EVERY))
        asker = self.several(text=text)
        for name in self.PROFILES:
            self.key_of(asker, name)
        asker.end()
        self.assertEqual({"ledger-prod": ("rest", None), "ledger-short": ("short", "tags"), "ledger-external": ("rest", None)},
                         {line["profile"]: (line["rule"], line.get("narrowed")) for line in self.decisions()})
        tagged = [call["params"]["RoleArn"] for call in self.assume_role() if any(name.startswith("Tags") for name in call["params"])]
        self.assertEqual([role_arn("ledger-short")], tagged)

    def test_a_source_that_fails_for_one_leaves_the_others_served_and_is_asked_again(self):
        self.add_profile("by-program", credential_process="sh -c 'test -f works && cat works || { echo broken >&2; exit 3; }'")
        asker = self.several(profiles=("ledger-prod", "by-program", "ledger-short"))
        self.assertIn("Error when retrieving credentials", self.who(asker, "by-program"))
        self.assertEqual("ledger-prod", self.who(asker))
        self.assertEqual("ledger-short", self.who(asker, "ledger-short"))
        failed = self.lines("by-program", "failed")
        self.assertTrue(failed)
        self.assertIn("credential_process", failed[0]["detail"])
        self.assertEqual([], self.lines("by-program", "refused"))
        asker.end()

    def test_the_first_profile_must_be_ready_at_the_start(self):
        self.add_profile("by-program", credential_process="sh -c 'exit 3'")
        run = self.refused_several(profiles=("by-program", "ledger-prod"))
        self.assertIn("credential_process", run.stderr)

    def test_a_policy_that_changes_holds_for_each(self):
        asker = self.several()
        for name in self.PROFILES:
            self.key_of(asker, name)
        self.policy_file(policy(rule(effect="deny", name="stop", conditions="{ profiles: [ledger-short] }"), rule(conditions=EVERY)))
        wait_until(lambda: asker.ask(path="/creds/ledger-short")["status"] == 403, "the new policy")
        self.assertEqual([200, 200], [asker.ask(path="/creds/" + name)["status"] for name in ("ledger-prod", "ledger-external")])
        asker.end()


class OneCode(SeveralProfiles):
    """Profiles that begin with the same key ask for one code."""

    def test_one_code_serves_every_role_of_the_same_device(self):
        for name in ("guarded-a", "guarded-b"):
            self.add_profile(name, role_arn=role_arn("ledger-mfa"), source_profile="marta", mfa_serial=mfa_serial("marta"),
                             mfa_process=self.aws.mfa_process("marta"))
        asker = self.several(profiles=("guarded-a", "guarded-b", "ledger-prod"))
        self.assertEqual("ledger-mfa", self.who(asker, "guarded-b"))
        self.assertEqual("ledger-mfa", self.who(asker))
        self.assertEqual("ledger-prod", self.who(asker, "ledger-prod"))
        asker.end()
        self.assertEqual(1, len(self.aws.calls("GetSessionToken")))

    def test_a_named_profile_that_needs_a_code_is_asked_for_at_the_start_and_the_run_goes_on_without_it(self):
        self.add_profile("guarded", role_arn=role_arn("ledger-mfa"), source_profile="marta", mfa_serial=mfa_serial("marta"))
        asker = self.several(profiles=("ledger-prod", "guarded"))
        asker.run.hear("profile guarded is not ready: ")  # nobody can be asked here
        self.assertEqual("ledger-prod", self.who(asker))
        asker.end()
        self.assertEqual([], self.lines("guarded"))
        asker = self.several("--mfa-token", self.aws.mfa_code("marta"), profiles=("ledger-prod", "guarded"))
        self.assertEqual(1, len(self.aws.calls("GetSessionToken")), "before the command")
        self.assertEqual("ledger-mfa", self.who(asker, "guarded"))
        asker.end()
        self.assertNotIn("not ready", asker.run.stderr)

    def test_a_profile_that_a_pattern_found_is_asked_for_when_it_is_needed(self):
        self.add_profile("guarded", role_arn=role_arn("ledger-mfa"), source_profile="marta", mfa_serial=mfa_serial("marta"))
        asker = self.several("--profiles", "guard*", "--mfa-token", self.aws.mfa_code("marta"), profiles=("ledger-prod",))
        self.assertEqual([], self.aws.calls("GetSessionToken"))
        self.assertEqual("ledger-mfa", self.who(asker, "guarded"))
        asker.end()

    def test_the_code_of_the_command_line_answers_the_first_question_alone(self):
        self.add_profile("guarded", role_arn=role_arn("ledger-mfa"), source_profile="marta", mfa_serial=mfa_serial("marta"))
        code = self.aws.mfa_code("marta")
        asker = self.several("--mfa-token", code, profiles=("guarded", "ledger-prod"))
        self.assertEqual("ledger-mfa", self.who(asker))
        self.assertEqual("ledger-prod", self.who(asker, "ledger-prod"))
        asker.end()
        self.assertEqual(1, len(self.aws.calls("GetSessionToken")))


if __name__ == "__main__":
    main()
