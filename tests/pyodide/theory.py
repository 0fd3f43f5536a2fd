"""The tests named as arguments, by pytest, in a runtime without file descriptors."""

import sys

import pytest

if __name__ == "__main__":
    options = ["-q", "--capture=sys", "-p", "no:cacheprovider"]
    options.append("--hypothesis-profile=ci")  # no deadlines: Python is slower there
    print("pytest ended with", int(pytest.main([*options, *sys.argv[1:]])))
