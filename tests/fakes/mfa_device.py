"""A user's one-time-code device (RFC 6238: SHA-1, six digits, thirty seconds), as STS checks it: a code counts once.

The seed follows from the serial, so that a test's own mfa_process can work codes out without asking anybody.
"""
import hashlib
import hmac
import struct

STEP = 30     # seconds that a code lasts
WINDOW = 1    # steps before and after the present one that are accepted, too


def seed_of(serial):
    return hashlib.sha256(b"mfa seed of " + serial.encode()).digest()[:20]


def code_at(seed, moment):
    digest = hmac.new(seed, struct.pack(">Q", int(moment) // STEP), "sha1").digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start:start + 4])[0] & 0x7fffffff) % 10**6:06}"


class MfaDevice:
    """`window`: a test that asks for more than three codes within half a minute makes it wider."""

    def __init__(self, serial, owner, window=WINDOW):
        self.serial, self.owner, self.window = serial, owner, window
        self._seed = seed_of(serial)
        self._spent = set()   # the numbers of the steps whose codes were used

    def _steps(self, now):
        present = int(now) // STEP
        return [present] + [present + sign * n for n in range(1, self.window + 1) for sign in (1, -1)]

    def spend(self, code, now):
        """Whether the code is right; it is not, the second time."""
        for step in self._steps(now):
            if step not in self._spent and hmac.compare_digest(code, code_at(self._seed, step * STEP)):
                self._spent.add(step)
                return True
        return False

    def fresh_code(self, now):
        """A code that is accepted now and was not used."""
        for step in self._steps(now):
            if step not in self._spent:
                return code_at(self._seed, step * STEP)
        raise ValueError("every code of this moment was used: give the device a wider window, or move the clock")
