#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compare-dump.py video|fences DUMP.json KERNEL.trace: hand-overs as dmasan and as the kernel saw them, event for event.

DUMP.json: what dmasan dump --json --buffer N says of each buffer, one after the other, on the machine of the run.

The trace's clock is mono, as is that of the dump: the event of the dump stands behind the kernel's own and before the next
one that the kernel has of the same buffer. video: QBUF and DQBUF of every buffer, and the driver's buf_done between them.
fences: those of vgem, from init to signaled.
"""

import json
import os
import re
import sys
from collections import defaultdict

TYPES = {"VIDEO_CAPTURE": 1, "VIDEO_OUTPUT": 2, "VIDEO_CAPTURE_MPLANE": 9, "VIDEO_OUTPUT_MPLANE": 10}
ROUNDING_NS = 1000  # the trace prints microseconds
LATE_NS = 2000000  # signaled is told first, then the waiters; fence.c asks within a millisecond


def events_of(path):
    """All events of a dump."""
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def kernel_lines(path):
    """(time in ns, event, rest) of each line of a trace."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            found = re.search(r" (\d+)\.(\d{6}): (\w+): (.*)", line)
            if found:
                yield int(found[1]) * 10**9 + int(found[2]) * 1000, found[3], found[4]


def video_of_dump(path):
    """{(minor, type, index): [("Q" or "D", time)...]} from the claims and releases of a dump."""
    types, stories, planes = {}, defaultdict(list), {}
    for event in events_of(path):
        kind, fields, buffer = event["event"], event["fields"], (event["pid"], event["buffer"])
        if kind == "buffer":
            types[buffer] = int(fields["identity"], 16) >> 48
        elif kind in ("claim", "release") and fields["call"] in ("VIDIOC_QBUF", "VIDIOC_DQBUF"):
            minor = os.minor(os.stat(event["device"]).st_rdev)
            key = (minor, types[buffer], fields["index"])
            # a frame of several planes is several buffers; the first of them tells its story
            if planes.setdefault(key, buffer) == buffer:
                stories[key].append(("Q" if kind == "claim" else "D", event["time_ns"]))
    return dict(stories)


def video_of_kernel(path):
    """The same from v4l2_qbuf and v4l2_dqbuf; and how often the driver gave each (type, index) back."""
    stories, done = defaultdict(list), defaultdict(int)
    for time, event, text in kernel_lines(path):
        if event in ("v4l2_qbuf", "v4l2_dqbuf"):
            found = re.match(r"minor = (\d+), index = (\d+), type = (\w+)", text)
            key = (int(found[1]), TYPES.get(found[3], found[3]), int(found[2]))
            stories[key].append(("D" if event == "v4l2_dqbuf" else "Q", time))
        elif event == "vb2_buf_done":
            found = re.search(r"index = (\d+), type = (\d+)", text)
            done[(int(found[2]), int(found[1]))] += 1
    return dict(stories), done


def fences_of_dump(path):
    """[(time of the claim, time of the release)...] of buffers with a fence."""
    fences, open_ = [], {}
    for event in events_of(path):
        fields, buffer = event["fields"], (event["pid"], event["buffer"])
        if event["event"] == "claim" and fields["use"] & 4:
            open_[buffer] = event["time_ns"]
        elif event["event"] == "release" and fields["call"] == "fence signalled" and buffer in open_:
            fences.append((open_.pop(buffer), event["time_ns"]))
    return sorted(fences)


def fences_of_kernel(path):
    """[(time of init, time of signaled)...] of vgem's fences."""
    began, fences = {}, []
    for time, event, text in kernel_lines(path):
        name = re.search(r"driver=vgem .*(context=\d+ seqno=\d+)", text)
        if name and event == "dma_fence_init":
            began[name[1]] = time
        elif name and event == "dma_fence_signaled":
            fences.append((began.pop(name[1]), time))
    return sorted(fences)


def ordered(dump, kernel):
    """Is each event of the dump behind its own of the kernel, and before the next one?"""
    after = [time for _, time in kernel[1:]] + [float("inf")]
    return all(k - ROUNDING_NS <= d <= n + ROUNDING_NS for (_, d), (_, k), n in zip(dump, kernel, after))


def compare_video(dump_path, trace_path):
    """Prints what differs; the number of hand-overs that agree, 0 = something differs."""
    dump, (kernel, done) = video_of_dump(dump_path), video_of_kernel(trace_path)
    differ, given_back = [], defaultdict(int)
    for key in sorted(dump.keys() | kernel.keys(), key=str):
        ours, theirs = dump.get(key, []), kernel.get(key, [])
        text = ["".join(letter for letter, _ in story) for story in (ours, theirs)]
        given_back[key[1:]] += text[1].count("D")
        if text[0] != text[1]:
            differ.append(f"minor {key[0]} type {key[1]} index {key[2]}: dump {text[0][:60]} kernel {text[1][:60]}")
        elif not ordered(ours, theirs):
            differ.append(f"minor {key[0]} type {key[1]} index {key[2]}: the times do not fit")
    for key, number in given_back.items():
        if number > done[key]:
            differ.append(f"type {key[0]} index {key[1]}: {number} dequeued, {done[key]} given back by the driver")
    print("\n".join(differ))
    events = sum(map(len, kernel.values()))
    print(f"{len(kernel)} buffers, {events} hand-overs, {sum(done.values())} given back by drivers, {len(differ)} differ")
    return 0 if differ else events


def compare_fences(dump_path, trace_path):
    """The same for fences."""
    dump, kernel = fences_of_dump(dump_path), fences_of_kernel(trace_path)
    wrong = abs(len(dump) - len(kernel))
    for (claim, release), (init, signaled) in zip(dump, kernel):
        if not init - ROUNDING_NS <= claim or release < signaled - LATE_NS:
            wrong += 1
            print(f"claimed {claim} released {release}, in the kernel {init} to {signaled}")
    print(f"{len(kernel)} fences, {wrong} differ")
    return 0 if wrong else len(kernel)


def main():
    compare, least = {"video": (compare_video, 100), "fences": (compare_fences, 5)}[sys.argv[1]]
    return 0 if compare(sys.argv[2], sys.argv[3]) >= least else 1


if __name__ == "__main__":
    sys.exit(main())
