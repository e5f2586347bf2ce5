"""The evaluator and an independent model of it decide alike: 100,000 random questions, most of them near an edge. The seed
is printed; POLICY_MODEL_SEED repeats a run."""
import datetime
import json
import os
import random
import subprocess
import sys
import time
import unittest
import zoneinfo

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import policy_model
from harness import BUILD, SANITIZED

PROGRAM = os.path.join(BUILD, "tests", "print_verdict")
POLICIES, QUESTIONS = 4000, 25
EFFECTS = ("allow", "deny", "require_approval", "require_server", "require_server_session")
MODES = ("server", "cli", "credential_process")
NAMES = ("ada", "ad", "adam", "Ada", "eve", "prod", "prod-eu", "prod-us-1", "x")
GLOBS = ("*", "a*", "*a", "a?a", "prod-*", "*-*", "?", "??*", "a*m*", "*a*a*")
ACCOUNTS = ("123456789012", "123456789013", "000000000000")
ARNS = tuple(f"arn:aws:iam::{account}:{who}" for account in ACCOUNTS for who in ("user/ada", "role/ada/s", "root"))
ARN_GLOBS = ("arn:aws:iam::*:user/ada", "arn:aws:*", "arn:aws:iam::123456789012:*", "*/ada*", "arn:aws:iam::12345678901?:root")
GROUPS = ("wheel", "ops", "users", "staff")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo", "UTC",
         "Pacific/Chatham", "Europe/Dublin", "Africa/Casablanca", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu")
MINUTES = ("00:00", "00:01", "00:30", "01:00", "01:59", "02:00", "02:30", "03:00", "06:00", "12:00", "22:00", "23:00", "23:59")
VERSIONS = ("14", "14.2", "14.10", "14.2.0", "14.02-1", "13.9+5", "6.1.0-13", "6.1.0-9", "10a.1", "0")
OS_TYPES = ("darwin", "windows", "linux")
BOOLS = (("require_encryption", "encrypted"), ("require_mdm", "mdm_enrolled"), ("require_mdm_compliant", "mdm_compliant"),
         ("require_firewall", "firewall"))


def switches(zone):
    """The instants at which a zone's offset changes, 2024 to 2027, found by halving."""
    found, info = [], zoneinfo.ZoneInfo(zone)
    def offset(t):
        return datetime.datetime.fromtimestamp(t, info).utcoffset()
    step = 86400 * 7
    for low in range(1704067200, 1830297600, step):
        if offset(low) != offset(low + step):
            high = low + step
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high)
    return found


class Case:
    """Random policies and questions; everything comes from one generator."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.switches = {zone: switches(zone) for zone in ZONES}

    def chance(self, share):
        return self.random.random() < share

    def some(self, values, most=3):
        return self.random.sample(values, self.random.randint(1, most))

    def patterns(self, names=NAMES, globs=GLOBS):
        return [{"glob": one} if one in globs else one for one in self.some(names + globs)]

    def window(self):
        window = {"timezone": self.random.choice(ZONES)}
        if self.chance(0.5):
            window["days"] = self.some(policy_model.DAYS, 5)
        if self.chance(0.8):
            start, end = sorted(self.random.sample(MINUTES + ("24:00",), 2))
            overnight = end != "24:00" and self.chance(0.4)
            window["hours"] = {"start": end, "end": start, "overnight": True} if overnight else {"start": start, "end": end}
        return window

    def device(self):
        demands = {key: True for key, _ in BOOLS if self.chance(0.3)}
        if self.chance(0.3):
            demands["min_os_version"] = self.random.choice(VERSIONS)
        if self.chance(0.3) or not demands:
            demands["allowed_os_types"] = self.some(OS_TYPES, 2)
        return demands

    def conditions(self):
        makers = {"profiles": self.patterns, "not_profiles": self.patterns, "users": self.patterns, "not_users": self.patterns,
                  "arns": lambda: self.patterns(ARNS, ARN_GLOBS), "accounts": lambda: self.some(ACCOUNTS, 2),
                  "groups": lambda: self.some(GROUPS, 2), "time": self.window}
        chosen = self.random.sample(list(makers), self.random.choice((1, 1, 1, 2, 2, 3)))
        if self.chance(0.4) and "time" not in chosen:
            chosen.append("time")
        conditions = {key: makers[key]() for key in chosen}
        if self.chance(0.2):
            conditions["mode"] = self.some(MODES, 2)
        if self.chance(0.15):
            conditions["transport"] = self.some(("unix", "tcp"), 2)
        if self.chance(0.2):
            conditions["device"] = self.device()
        return conditions

    def policy(self):
        return [{"name": f"r{i}", "effect": self.random.choice(EFFECTS), "session_table": self.random.choice(("", "t", "t", "u")),
                 "conditions": self.conditions()}
                for i in range(self.random.randint(1, 6))]

    def instant(self, windows):
        """Mostly within two minutes of an edge of one of the policy's windows, of midnight, or of a clock's change."""
        window = self.random.choice(windows) if windows and self.chance(0.85) else {"timezone": self.random.choice(ZONES)}
        zone = window["timezone"]
        near = self.random.choice((-61, -60, -59, -1, 0, 1, 30, 59, 60, 61))
        moves = self.switches[zone]
        if moves and self.chance(0.4):
            return self.random.choice(moves) + self.random.choice((0, 0, -1800, 1800, -3600, 3600, -86400, 86400, 5400)) + near
        hours = window.get("hours", {"start": "00:00", "end": "24:00"})
        edge = policy_model.minutes(self.random.choice((hours["start"], hours["end"], "00:00", "12:00")))
        day = datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo(zone)) + datetime.timedelta(days=self.random.randrange(1400))
        if moves and self.chance(0.3):  # the day of a change, by its wall clock
            moved = datetime.datetime.fromtimestamp(self.random.choice(moves), zoneinfo.ZoneInfo(zone))
            day = moved.replace(hour=0, minute=0, second=0, fold=0)
        wall = day.replace(hour=edge // 60 % 24, minute=edge % 60, fold=self.random.randrange(2))
        return int(wall.timestamp()) + near

    def posture(self):
        if self.chance(0.3):
            return None
        posture = {fact: self.random.choice((True, True, False, None)) for _, fact in BOOLS}
        return {**posture, "os_version": self.random.choice(VERSIONS + ("",)), "os_type": self.random.choice(OS_TYPES + ("",))}

    def question(self, windows):
        mode = self.random.choice(MODES + ("server",))
        return {"user": self.random.choice(NAMES + ("",)), "profile": self.random.choice(NAMES * 2 + ("",)), "mode": mode,
                "now": self.instant(windows), "account": self.random.choice(ACCOUNTS + ("",)),
                "arn": self.random.choice(ARNS + ("",)), "session_table": self.random.choice(("", "t")),
                "transport": self.random.choice(("unix", "tcp", "")) if mode == "server" else "",
                "groups": self.random.choice((None, [], self.some(GROUPS, 2))), "posture": self.posture()}


class TheEvaluator(unittest.TestCase):
    def compare(self, lots):
        """Both answers to each question; stops at the first that differ, and prints no more than is needed."""
        lines = [json.dumps({"rules": rules, "questions": questions}) for rules, questions in lots]
        done = subprocess.run([PROGRAM], input="\n".join(lines), capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr)
        answers = iter(done.stdout.splitlines())
        counted = {}
        for rules, questions in lots:
            for question in questions:
                effect, index, server, tracking = next(answers).split()
                got, wanted = [effect, int(index), server == "1", tracking == "1"], policy_model.evaluate(rules, question)
                if got != wanted:
                    apart = sorted({got[1], wanted[1]} - {-1})
                    self.fail(f"evaluator {got}, model {wanted}\n  question {json.dumps(question)}\n" +
                              "".join(f"  rule {i} {json.dumps(rules[i])}\n" for i in apart))
                counted[effect, index == "-1"] = counted.get((effect, index == "-1"), 0) + 1
        self.assertIsNone(next(answers, None))
        return counted

    def test_it_decides_as_the_independent_model_does(self):
        seed = int(os.environ.get("POLICY_MODEL_SEED") or time.time_ns())
        print(f"POLICY_MODEL_SEED={seed}", end=" ", flush=True)
        case, lots = Case(seed), []
        for _ in range(POLICIES // (4 if SANITIZED else 1)):
            rules = case.policy()
            windows = [rule["conditions"]["time"] for rule in rules if "time" in rule["conditions"]]
            lots.append((rules, [case.question(windows) for _ in range(QUESTIONS)]))
        counted = self.compare(lots)
        # A comparison of nothing but refusals would prove little.
        total = sum(counted.values())
        for kind in (("allow", False), ("deny", False), ("require_approval", False), ("deny", True)):
            self.assertGreater(counted.get(kind, 0), total // 25, f"too few of {kind}: {counted}")

    def test_windows_decide_as_the_model_does_at_every_half_hour_of_the_days_when_clocks_change(self):
        case, lots = Case(0), []
        for zone in ZONES:
            for start, end in (("00:00", "24:00"), ("01:30", "02:30"), ("02:00", "03:00"), ("23:30", "00:30"), ("02:30", "02:00")):
                hours = {"start": start, "end": end, **({"overnight": True} if end < start else {})}
                for days in (["sunday"], ["saturday", "monday"]):
                    rules = [{"name": "r", "effect": "allow", "conditions": {"time": {"timezone": zone, "days": days, "hours": hours}}}]
                    blank = {"user": "u", "profile": "p", "mode": "cli", "account": "", "arn": "", "session_table": "",
                             "transport": "", "groups": None, "posture": None}
                    instants = [move + half * 1800 - late for move in case.switches[zone][:4] for half in range(-60, 61) for late in (0, 1)]
                    lots.append((rules, [{**blank, "now": now} for now in instants]))
        counted = self.compare(lots)
        self.assertGreater(counted["allow", False], 1000)


if __name__ == "__main__":
    unittest.main()
