# SPDX-License-Identifier: GPL-2.0-or-later
"""How the self-tests run: one test a function, one line of TAP each."""


def run(tests, call=lambda test: test()):
    """Exit code. `tests`: functions that return whether it went well, or {name: function}; a test
    that stumbles has failed alone."""
    if not isinstance(tests, dict):
        tests = {test.__name__.replace("_", " "): test for test in tests}
    print("1..%d" % len(tests))
    failed = 0
    for number, (name, test) in enumerate(tests.items(), 1):
        try:
            ok = call(test)
        except Exception as error:
            print("# %s: %r" % (name, error))
            ok = False
        failed += not ok
        print("%s %d - %s" % ("ok" if ok else "not ok", number, name), flush=True)
    return 1 if failed else 0
