#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compare-dump.py DUMP.json KERNEL.trace: QBUF and DQBUF of every buffer, as dmasan and as the kernel saw them."""

import json
import re
import sys
from collections import defaultdict

TYPES = {"VIDEO_CAPTURE": 1, "VIDEO_OUTPUT": 2, "VIDEO_CAPTURE_MPLANE": 9, "VIDEO_OUTPUT_MPLANE": 10}


def of_dump(path):
    """{(minor, type, index): "QDQD..."} from the claims and releases of a dump."""
    minors, types, stories, planes = {}, {}, defaultdict(str), {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            kind, fields, buffer = event["event"], event["fields"], (event["pid"], event["buffer"])
            if kind == "device":
                minors[event["device"]] = int(fields["rdev"], 16) & 0xff
            elif kind == "buffer":
                types[buffer] = int(fields["identity"], 16) >> 48
            elif kind in ("claim", "release") and fields["call"] in ("VIDIOC_QBUF", "VIDIOC_DQBUF"):
                key = (minors[event["device"]], types[buffer], fields["index"])
                # a frame of several planes is several buffers; the first of them tells its story
                if planes.setdefault(key, buffer) == buffer:
                    stories[key] += "Q" if kind == "claim" else "D"
    return dict(stories)


def of_kernel(path):
    """The same from v4l2_qbuf and v4l2_dqbuf."""
    stories = defaultdict(str)
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            found = re.search(r"v4l2_(d?)qbuf: minor = (\d+), index = (\d+), type = (\w+)", line)
            if found:
                key = (int(found[2]), TYPES.get(found[4], found[4]), int(found[3]))
                stories[key] += "D" if found[1] else "Q"
    return dict(stories)


def main():
    dump, kernel = of_dump(sys.argv[1]), of_kernel(sys.argv[2])
    differ = [key for key in sorted(dump.keys() | kernel.keys(), key=str) if dump.get(key) != kernel.get(key)]
    for key in differ:
        print("minor %s type %s index %s:" % key, "dump", dump.get(key, "")[:60], "kernel", kernel.get(key, "")[:60])
    events = sum(map(len, kernel.values()))
    print(f"{len(kernel)} buffers, {events} hand-overs, {len(differ)} differ")
    return 1 if differ or events < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
