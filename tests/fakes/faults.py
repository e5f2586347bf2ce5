"""What goes wrong on purpose. A fault is asked for through the control interface and spent by requests that match.

A request whose signature (or token, where one is asked for) is bad is refused before any fault is looked at: no fault may
hide a wrong signature.

  kind          members (defaults)                  what the client sees
  error         code, message, status               the service's own error document
  status        status (500), body, headers         that answer, bare: 5xx, redirects, hand-made bodies
  latency       seconds (1)                         the right answer, late
  hold          seconds (600)                       the right answer, once release() or clear() is called
  hang          seconds (600)                       nothing at all; connection closed on release() or clear()
  drop_before   reset (false)                       connection closed; nothing was done
  drop_after    reset (false)                       connection closed; the call had its effect
  truncate      keep (half)                         the head of a full answer, then only `keep` bytes of its body
  not_xml       -                                   200 with an HTML page for a body
  huge          size (16 MiB)                       200 with a body of that many bytes
  endless       bytes (" ")                         200 with a body that repeats that text until the client hangs up
  padded        size (1 MiB)                        the right answer, and after it that many blanks
  edit          drop ([names]), set ({name: value}) the right JSON answer, without and with these members, at any depth
  dribble       seconds (0.05)                      the right answer, one byte at a time
  lifetime      seconds (1)                         credentials that end that soon, below AWS's own floor

Every fault also takes: action ("*"), count (1; 0 = for ever), skip (0), match ({parameter: value}). The code of an
error is the service's own, or a row of wire.REFUSALS ("Throttled", "Denied", ...), which becomes each service's own. Without
a message it has the text that belongs to the code, where the service's table has one, else "Rate exceeded".
"""
import itertools
import json

from wire import Answer, Refusal

MEMBERS = {
    "error": {"code", "message", "status"},
    "status": {"status", "body", "headers"},
    "latency": {"seconds"},
    "hold": {"seconds"},
    "hang": {"seconds"},
    "drop_before": {"reset"},
    "drop_after": {"reset"},
    "truncate": {"keep"},
    "not_xml": set(),
    "huge": {"size"},
    "endless": {"bytes"},
    "padded": {"size"},
    "edit": {"drop", "set"},
    "dribble": {"seconds"},
    "lifetime": {"seconds"},
}
EDITS = ("padded", "edit")   # what is done to the answer of a call that had its effect
NOT_XML = "<!DOCTYPE html><html><body><h1>It works!</h1><p>But this is & no answer of AWS.</body></html>"


class Faults:
    """The faults that are set, in the order they were set. Guarded by the world's lock."""

    def __init__(self):
        self._numbers = itertools.count(1)
        self._set = []
        self.generation = 0   # grows with every release(); requests that hold or hang watch it

    def add(self, kind, action="*", count=1, skip=0, match=None, **members):
        if not set(members) <= MEMBERS.get(kind, set()) or kind not in MEMBERS:
            raise ValueError(f"no such fault: {kind} {sorted(members)}; see faults.py")
        fault = {"kind": kind, "action": action, "left": count or -1, "skip": skip, "match": match or {},
                 "number": next(self._numbers), "spent": 0, **members}
        self._set.append(fault)
        return fault["number"]

    def release(self):
        """Lets go of what holds or hangs now, and spends the faults that made it so."""
        self._set = [fault for fault in self._set if fault["kind"] not in ("hold", "hang")]
        self.generation += 1

    def clear(self):
        self._set.clear()
        self.release()

    def listed(self):
        return [dict(fault) for fault in self._set]

    def take(self, action, params):
        """The first fault that this request meets, or None."""
        for fault in self._set:
            if fault["action"] not in ("*", action) or fault["left"] == 0:
                continue
            if any(params.get(name) != value for name, value in fault["match"].items()):
                continue
            if fault["skip"] > 0:
                fault["skip"] -= 1
                continue
            fault["left"] -= 1 if fault["left"] > 0 else 0
            fault["spent"] += 1
            return dict(fault)
        return None


def instead(fault):
    """The answer that a fault puts in the place of the call's, before it has any effect; None if it puts none."""
    kind = fault["kind"]
    if kind == "error":
        raise Refusal(fault.get("code", "InternalFailure"), fault.get("message"), fault.get("status"))
    if kind == "status":
        return Answer(fault.get("status", 500), "text/plain", fault.get("body", ""),
                      list(dict(fault.get("headers") or {}).items()))
    if kind == "not_xml":
        return Answer(200, "text/html", NOT_XML)
    if kind == "huge":
        return Answer(200, "text/xml", b"A" * fault.get("size", 16 << 20))
    return None


def _without_and_with(value, drop, put):
    if isinstance(value, list):
        return [_without_and_with(one, drop, put) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: put[name] if name in put else _without_and_with(member, drop, put)
            for name, member in value.items() if name not in drop}


def edited(fault, answer):
    body = answer.body
    if fault["kind"] == "padded":
        body += b" " * fault.get("size", 1 << 20)
    else:
        drop, put = fault.get("drop", []), fault.get("set", {})
        body = json.dumps(_without_and_with(json.loads(body), drop, put)).encode()
    return Answer(answer.status, answer.content_type, body, answer.headers)
