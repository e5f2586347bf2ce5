"""The keys of one role as a machine's own endpoint hands them out (EC2's, ECS's, EKS's): the same ones to everybody, until
they are about to end."""
import wire

LIFETIME = 6 * 3600   # seconds
RENEWED_AT = 300      # seconds before the end


class ServedRole:
    """`role`: a role's name, None where there is none."""

    def __init__(self, role, session_name):
        self.role, self.session_name = role, session_name
        self._key = None

    def exists(self, world):
        return self.role is not None and world.role_named(self.role) is not None

    def renew(self):
        """The next who asks gets new keys."""
        self._key = None

    def change(self, **members):
        if not set(members) <= set(vars(self)) or any(name.startswith("_") for name in members):
            raise ValueError(f"no such members: {sorted(members)}")
        vars(self).update(members)
        self.renew()

    def key(self, world, note):
        """The keys of the moment; `note` learns of them, and may bring a lifetime (faults.py), which makes new ones."""
        seconds = note.pop("lifetime", None)
        if seconds is not None:
            key = self._new_key(world, seconds)
        else:
            if self._key is None or self._key.expires - world.now() < RENEWED_AT or self._key.id not in world.keys:
                self._key = self._new_key(world, LIFETIME)
            key = self._key
        note.update(issued=key.id, expires=key.expires)
        return key

    def _new_key(self, world, seconds):
        return world.role_session(world.role_named(self.role), self.session_name, seconds)


def members_of(key):
    return {"AccessKeyId": key.id, "SecretAccessKey": key.secret, "Token": key.token, "Expiration": wire.utc(key.expires)}
