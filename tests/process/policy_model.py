"""What a policy means, written a second time and on its own, from sentinel-policy(5): plain dictionaries as YAML gives
them, Python's zoneinfo for the clocks. It shares nothing with the evaluator that it is compared with."""
import datetime
import re
import zoneinfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def named(patterns, name):
    def one(pattern):
        if isinstance(pattern, str):
            return pattern == name
        return re.fullmatch("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern["glob"]), name, re.S)
    return any(one(pattern) for pattern in patterns)


def minutes(text):
    return int(text[:2]) * 60 + int(text[3:])


def window_open(window, now):
    local = datetime.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(window["timezone"]))
    days, hours = window.get("days") or DAYS, window.get("hours", {"start": "00:00", "end": "24:00"})
    minute, start, end = local.hour * 60 + local.minute, minutes(hours["start"]), minutes(hours["end"])
    today, yesterday = DAYS[local.weekday()] in days, DAYS[local.weekday() - 1] in days
    if hours.get("overnight"):
        return (today and minute >= start) or (yesterday and minute < end)
    return today and start <= minute < end


def version(text):
    return [int(re.match(r"\d*", segment).group() or 0) for segment in re.split(r"[.+-]", text)]


def at_least(have, least):
    pad = max(len(version(have)), len(version(least)))
    have, least = (version(v) + [0] * (pad - len(version(v))) for v in (have, least))
    return have >= least


def device_facts(demands, posture):
    """True, False or None (unknown) for each demand made."""
    for key, fact in (("require_encryption", "encrypted"), ("require_mdm", "mdm_enrolled"),
                      ("require_mdm_compliant", "mdm_compliant"), ("require_firewall", "firewall")):
        if demands.get(key):
            yield posture.get(fact)
    if demands.get("allowed_os_types"):
        yield posture["os_type"] in demands["allowed_os_types"] if posture.get("os_type") else None
    if demands.get("min_os_version"):
        yield at_least(posture["os_version"], demands["min_os_version"]) if posture.get("os_version") else None


def facts(conditions, query):
    """True, False or None (unknown) for each condition made."""
    for key, fact in (("profiles", "profile"), ("users", "user")):
        if conditions.get(key):
            yield bool(query[fact]) and bool(named(conditions[key], query[fact]))
    for key, fact, wanted in (("not_profiles", "profile", False), ("not_users", "user", False), ("arns", "arn", True),
                              ("accounts", "account", True)):
        if conditions.get(key):
            yield bool(named(conditions[key], query[fact])) == wanted if query[fact] else None
    if conditions.get("groups"):
        yield None if query["groups"] is None else bool(set(conditions["groups"]) & set(query["groups"]))
    if "time" in conditions:
        yield window_open(conditions["time"], query["now"])
    if conditions.get("mode"):
        yield query["mode"] in conditions["mode"]
    if conditions.get("transport"):
        unknown = query["mode"] == "server" and not query["transport"]  # the other modes have none, and are on no list of them
        yield None if unknown else query["transport"] in conditions["transport"]
    yield from device_facts(conditions.get("device", {}), query["posture"] or {})


def evaluate(rules, query):
    """effect, rule, asks for server mode, asks for tracking"""
    server = query["mode"] == "server"
    for index, rule in enumerate(rules):
        found, effect = list(facts(rule["conditions"], query)), rule["effect"]
        if False in found or (None in found and effect != "deny"):
            continue
        if effect == "require_server":
            return ["allow" if server else "deny", index, not server, False]
        if effect == "require_server_session":
            tracked = server and bool(rule.get("session_table")) and query["session_table"] == rule["session_table"]
            return ["allow" if tracked else "deny", index, not server, not tracked]
        return [effect, index, False, False]
    return ["deny", -1, False, False]
