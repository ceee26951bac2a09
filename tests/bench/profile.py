#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Instructions per page by kernel function, for several kernels side by side.

COUNTS is what the plugin insncount wrote. The first kernel is the one the others are
compared with; functions are in the order of their largest value,
with -d of the difference between the first kernel and the last.
"""
import argparse
import bisect
import subprocess


class Symbols:
    """The functions of a kernel by address."""

    def __init__(self, vmlinux):
        names = {}
        out = subprocess.run(["nm", vmlinux], capture_output=True, text=True, check=True)
        for line in out.stdout.splitlines():
            fields = line.split()
            if len(fields) == 3 and fields[1] in "tTwW":
                names[int(fields[0], 16)] = fields[2]
        self.starts = sorted(names)
        self.names = [names[a] for a in self.starts]

    def function(self, address):
        if address < 1 << 47:
            return "(user)"
        i = bisect.bisect_right(self.starts, address) - 1
        return self.names[i] if i >= 0 else "(unknown)"


def read_counts(path, symbols):
    """Instructions by function."""
    by_name = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            address, insns = line.split()[:2]
            name = symbols.function(int(address, 16))
            by_name[name] = by_name.get(name, 0) + int(insns)
    return by_name


def table(pages, lines, profiles, by_difference):
    """Lines of text: total, then the top functions."""
    names = [name for name, _ in profiles]
    columns = [counts for _, counts in profiles]

    def weight(name):
        if by_difference:
            return -abs(columns[-1].get(name, 0) - columns[0].get(name, 0))
        return -max(c.get(name, 0) for c in columns)

    order = sorted({n for c in columns for n in c}, key=weight)
    yield "".join(f"{n:>10}" for n in names) + "      diff  function"
    total = [sum(c.values()) / pages for c in columns]
    yield "".join(f"{t:10.0f}" for t in total) + f"{total[-1] - total[0]:+10.0f}  total"
    for name in order[:lines]:
        values = [c.get(name, 0) / pages for c in columns]
        yield ("".join(f"{v:10.1f}" for v in values) +
               f"{values[-1] - values[0]:+10.1f}  {name}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--lines", type=int, default=25)
    parser.add_argument("-d", "--by-difference", action="store_true")
    parser.add_argument("pages", type=float)
    parser.add_argument("profile", nargs="+", help="NAME:VMLINUX:COUNTS")
    args = parser.parse_args()
    profiles = []
    for spec in args.profile:
        name, vmlinux, counts = spec.split(":")
        profiles.append((name, read_counts(counts, Symbols(vmlinux))))
    print("\n".join(table(args.pages, args.lines, profiles, args.by_difference)))


if __name__ == "__main__":
    main()
