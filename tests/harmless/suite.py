# SPDX-License-Identifier: MIT
"""One of Python's own test modules, or some tests of it (suite.py MODULE [CLASS.TEST...]), without the test that counts a child's descriptors.

That one lists everything that is open in a child and finds the descriptor of the trace (docs/limits.md).
"""
import importlib
import sys
import unittest

module = importlib.import_module(sys.argv[1])
for case in vars(module).values():
    if isinstance(case, type) and "test_pass_fds_redirected" in vars(case):
        del case.test_pass_fds_redirected
unittest.main(module=module, argv=[sys.argv[1], "-q", *sys.argv[2:]])
