"""Reads <folder>/rooms.cmake, the rows from which CMake builds a process folder, and what really lies in the folder."""
import os
import re
from dataclasses import dataclass, field

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
SOURCE = (".cc", ".h", ".def")
# A quoted text, or a word that may have one in it; a comment is left out.
TOKEN = re.compile(r'#[^\n]*|(?:[^\s()"#]|"[^"]*")+|[()]')


@dataclass
class Room:
    name: str
    why: str
    may: list
    libs: list
    hot: bool
    files: list = field(default_factory=list)  # names of what lies in the folder itself
    uses: dict = field(default_factory=dict)  # room -> the include lines that reach it


@dataclass
class Program:
    name: str
    main: str
    rooms: list


def statements(text):
    """(command, words) of each statement."""
    tokens = [token for token in TOKEN.findall(text) if not token.startswith("#")]
    while tokens:
        command, opened = tokens[0], tokens[1:2]
        if opened != ["("] or ")" not in tokens:
            raise ValueError(f"no statement of CMake begins with {command}")
        end = tokens.index(")")
        yield command, [token.strip('"') if token.startswith('"') else token for token in tokens[2:end]]
        tokens = tokens[end + 1:]


def arguments(words, keywords):
    """The words behind each keyword; those of None come before the first."""
    values, key = {None: []}, None
    for word in words:
        if word in keywords:
            key = word
            values[key] = []
        else:
            values[key].append(word)
    return values


class Rooms:
    def __init__(self, folder, top=TOP):
        self.folder, self.place = folder, os.path.join(top, folder)
        self.rooms, self.programs, self.twice = {}, {}, []
        with open(os.path.join(self.place, "rooms.cmake"), encoding="utf-8") as file:
            for command, words in statements(file.read()):
                self._take(command, words)
        self.strays, self.includes = [], []  # (folder, file) without a row; (path, room, included path)
        self._look()

    def _take(self, command, words):
        if command == "room":
            row = arguments(words, ("WHY", "MAY", "LIBS", "HOT"))
            (name,) = row[None]
            if name in self.rooms:
                self.twice.append(name)
            self.rooms[name] = Room(name, " ".join(row.get("WHY", [])), row.get("MAY", []), row.get("LIBS", []), "HOT" in row)
        elif command == "program":
            row = arguments(words, ("MAIN", "LINKS", "DEFINES", "ARCHIVES", "STATIC"))
            (name,), (main,) = row[None], row["MAIN"]
            self.programs[name] = Program(name, main, row.get("LINKS", []))
        else:
            raise ValueError(f"{self.folder}/rooms.cmake has a row {command}()")

    def _look(self):
        for place, _, names in os.walk(self.place):
            name = os.path.relpath(place, self.place)
            for file in sorted(names):
                if name in self.rooms:
                    self.rooms[name].files.append(file)
                elif name != "." or file.endswith(SOURCE):
                    self.strays.append(os.path.normpath(os.path.join(name, file)))
                if file.endswith(SOURCE):
                    self._read(name, os.path.join(place, file))

    def _read(self, room, path):
        with open(path, encoding="utf-8") as file:
            for included in re.findall(r'^\s*#\s*include\s+"([^"]+)"', file.read(), re.M):
                other = os.path.dirname(included)
                if other == room or other.split("/")[0] == "ipc":
                    continue
                line = f'{os.path.relpath(path, self.place)} includes "{included}"'
                self.includes.append((room, other, line))
                if room in self.rooms:
                    self.rooms[room].uses.setdefault(other, []).append(line)

    def cycle(self):
        """Names of rooms that reach each other by MAY, as a way that comes back; empty where there is none."""
        done = set()

        def walk(name, way):
            if name in way:
                return way[way.index(name):] + [name]
            if name in done or name not in self.rooms:
                return []
            for other in self.rooms[name].may:
                found = walk(other, way + [name])
                if found:
                    return found
            done.add(name)
            return []

        return next((found for found in (walk(name, []) for name in self.rooms) if found), [])

    def level(self, name):
        return 1 + max((self.level(other) for other in self.rooms[name].may), default=0)

    def reached(self, names):
        """These rooms and what they link, over all MAY."""
        found, left = set(), list(names)
        while left:
            name = left.pop()
            if name not in found:
                found.add(name)
                left += self.rooms[name].may
        return found

    def table(self):
        rows = [("room", "level", "files", "may include (beside ipc)")]
        for name in sorted(self.rooms, key=lambda name: (self.level(name), name)):
            room = self.rooms[name]
            rows.append((name, str(self.level(name)), str(len(room.files)), " ".join(sorted(room.may)) or "-"))
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        lines = [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}" for row in rows]
        return f"{self.folder}/\n" + "\n".join(lines)


def folders_with_rooms(top=TOP):
    return [name for name in sorted(os.listdir(top)) if os.path.exists(os.path.join(top, name, "rooms.cmake"))]
