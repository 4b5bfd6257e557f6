"""Lets the tests in tests/both be parametrised without importing pytest."""


def pytest_generate_tests(metafunc):
    cases = getattr(metafunc.module, "CASES", {}).get(metafunc.function.__name__)
    if cases is not None:
        metafunc.parametrize("case", cases, ids=[str(case[0]) for case in cases])
