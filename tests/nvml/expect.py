"""What the proofs share: calls that must be refused, and pointers for a look below nvidia-ml-py."""

import ctypes

import pynvml as nvml


def refused(code, function, *arguments, **keywords):
    """Demands that NVML refuses with exactly this code."""
    try:
        answer = function(*arguments, **keywords)
    except nvml.NVMLError as error:
        name = getattr(function, "__name__", function)
        assert error.value == code, f"{name}: refused with {error.value} ({error}), not with {code}"
        return
    raise AssertionError(f"{function.__name__}: answered {answer!r}, must be refused with {code}")


def raw(symbol, *arguments):
    """Return code of an exported function, called as C calls it."""
    return getattr(ctypes.CDLL("libnvidia-ml.so.1"), symbol)(*arguments)


def profile_id(device, kind):
    return nvml.nvmlDeviceGetGpuInstanceProfileInfo(device, kind).id


def placement(device_or_gi_info):
    return (device_or_gi_info.placement.start, device_or_gi_info.placement.size)
