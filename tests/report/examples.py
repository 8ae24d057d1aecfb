#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""examples.py DMASAN: is the example of each rule, as dmasan explain shows it, what a test program does?

The lines under WRONG stand in this order in the program that is named, those under RIGHT in its correct twin. The line on
which the program expects the finding is one of them. Comments and CHECK() around calls count for nothing.
"""

import re
import subprocess
import sys

SWITCHES = r"TWIN|twin"


def conditions(text):
    """The parts of a condition that && joins."""
    return [part.strip() for part in text.split("&&")]


def decide(condition, twin):
    """True or False when the switch alone decides the condition, None otherwise."""
    parts = conditions(condition)
    known = [bool(twin) != part.startswith("!") for part in parts if re.fullmatch(rf"!?(?:{SWITCHES})", part)]
    if False in known:
        return False
    return True if len(known) == len(parts) else None


def body_end(lines, i, indent):
    """Index behind the statement or block that begins at i, under a line of this indent."""
    while i < len(lines) and not (lines[i].endswith(";") and len(lines[i]) - len(lines[i].lstrip("\t")) <= indent + 1):
        i += 1
    return i + 1


def block_end(lines, i, indent):
    """Index of the closing brace of a block."""
    while not lines[i].startswith("\t" * indent + "}"):
        i += 1
    return i


def fold(lines, twin):
    """The lines of one half of a program."""
    out, i = [], 0
    while i < len(lines):
        found = re.fullmatch(r"(\t*)if \((.*)\)( \{)?", lines[i])
        verdict = decide(found[2], twin) if found else None
        if verdict is None:
            out.append(re.sub(rf"\b(?:{SWITCHES}) \? ([^:?;]+?) : ([^;,)]+)", r"\1" if twin else r"\2", lines[i]))
            i += 1
            continue
        indent = len(found[1])
        end = block_end(lines, i + 1, indent) if found[3] else body_end(lines, i + 1, indent)
        if verdict:
            out += fold(lines[i + 1 : end], twin)
        i = end + 1 if found[3] else end
        if i < len(lines) and lines[i] == found[1] + "else":
            end = body_end(lines, i + 1, indent)
            if not verdict:
                out += fold(lines[i + 1 : end], twin)
            i = end
        elif i < len(lines) and lines[i].startswith(found[1] + "else if"):
            lines[i] = found[1] + lines[i].strip()[5:]
    return out


def bare(text):
    """Lines without comments, CHECK() and blanks at both ends."""
    text = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"), text, flags=re.S)
    lines = [re.sub(r"CHECK\((.*)\);$", r"\1;", line.rstrip()) for line in text.split("\n")]
    return [line for line in lines if line.strip()]


def words(lines):
    """Lines without indentation and doubled blanks."""
    return [" ".join(line.split()) for line in lines]


def missing(quoted, program):
    """The first quoted line that the program does not have behind the ones before it."""
    rest = iter(program)
    return next((line for line in quoted if line not in rest), None)


def sections(text):
    """{"WRONG": lines...} of what explain prints."""
    found = re.findall(r"^([A-Z][A-Z ]+).*\n((?:    .*\n|\n(?=    ))+)", text + "\n", flags=re.M)
    return {name.strip(): body for name, body in found}


def expected(rule, source):
    """The lines on which the program expects the rule."""
    lines = [line for line in source.split("\n") if re.search(rf"EXPECT .*\b{rule}\b", line)]
    return words(fold(bare("\n".join(lines)), False))


def wrong_with(dmasan, rule):
    """What is wrong with the example of a rule, as texts."""
    part = sections(subprocess.run([dmasan, "explain", rule], check=True, capture_output=True, text=True).stdout)
    path = part["EXAMPLE FROM"].split()[0]
    with open(path, encoding="utf-8") as file:
        source = file.read()
    quoted = {name: words(bare(part[name])) for name in ("WRONG", "RIGHT")}
    for name, twin in (("WRONG", False), ("RIGHT", True)):
        line = missing(quoted[name], words(fold(bare(source), twin)))
        if line:
            yield f"{rule}, {name}: {path} has no '{line}' there"
    for line in expected(rule, source)[:1]:
        if line not in quoted["WRONG"] and line not in quoted["RIGHT"]:
            yield f"{rule}: '{line}', where {path} expects it, is not shown"
    if path.startswith("tests/programs/") and not expected(rule, source):
        yield f"{rule}: {path} does not expect it"


def main():
    dmasan = sys.argv[1]
    rules = re.findall(r"^([A-Z]{3}\d{2}) ", subprocess.run([dmasan, "explain"], check=True, capture_output=True, text=True).stdout, flags=re.M)
    wrong = [text for rule in rules for text in wrong_with(dmasan, rule)]
    print("\n".join(wrong))
    print(f"{len(rules)} examples, {len(wrong)} wrong")
    return 1 if wrong or len(rules) < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
