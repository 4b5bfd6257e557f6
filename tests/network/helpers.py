"""What the tests with real sockets share."""

import asyncio
import gc
import warnings


def run(coroutine, seconds=20):
    """Run `coroutine` for at most `seconds` and return its result. It may leave nothing behind.

    That is: no task, no socket, and no exception that nobody looked at.
    """
    faults = []
    gc.freeze()  # what is there already, perhaps left by a test that failed, is not looked at
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            result = asyncio.run(_checked(coroutine, seconds, faults))
            gc.collect()
    finally:
        gc.unfreeze()
    faults += [str(warning.message) for warning in caught if issubclass(warning.category, ResourceWarning)]
    assert not faults, faults
    return result


async def _checked(coroutine, seconds, faults):
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    async with asyncio.timeout(seconds):
        result = await coroutine
    for _ in range(10):  # what is done but for its last step may take that
        await asyncio.sleep(0)
    faults += [repr(task) for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    return result
