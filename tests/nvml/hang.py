"""On a host whose GPU 5 no longer answers: one thread is stuck in a call, the others get their answers."""

import os
import threading

import pynvml as nvml


def answered():
    """GPUs that tell their memory, of the seven others."""
    return [
        index
        for index in range(8)
        if index != 5 and nvml.nvmlDeviceGetMemoryInfo(nvml.nvmlDeviceGetHandleByIndex(index)).total > 0
    ]


if __name__ == "__main__":
    nvml.nvmlInit()
    entered = threading.Event()

    def ask():
        entered.set()
        nvml.nvmlDeviceGetHandleByIndex(5)
        nvml.nvmlDeviceGetTemperature(nvml.nvmlDeviceGetHandleByIndex(5), nvml.NVML_TEMPERATURE_GPU)

    stuck = threading.Thread(target=ask, daemon=True)
    stuck.start()
    entered.wait()
    found = answered()
    assert stuck.is_alive(), "the call came back"
    print("ok", len(found), flush=True)
    # the stuck thread cannot be joined
    os._exit(0)
