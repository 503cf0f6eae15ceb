"""GPM on a Hopper host: two samples of one GPU instance, and a caller whose struct is smaller than today's."""

import ctypes
import time

import pynvml as nvml
from expect import refused


class SmallMetricsGet(ctypes.Structure):
    """`nvmlGpmMetricsGet_t` as a caller of an older header allocates it, here with room for two, and what lies behind."""

    _fields_ = [
        ("version", ctypes.c_uint),
        ("numMetrics", ctypes.c_uint),
        ("sample1", nvml.c_nvmlGpmSample_t),
        ("sample2", nvml.c_nvmlGpmSample_t),
        ("metrics", nvml.c_nvmlGpmMetric_t * 2),
        ("behind", ctypes.c_ubyte * 64),
    ]


def metrics(earlier, later, *ids):
    request = SmallMetricsGet()
    request.version = nvml.NVML_GPM_METRICS_GET_VERSION
    request.numMetrics = len(ids)
    request.sample1, request.sample2 = earlier, later
    for entry, number in zip(request.metrics, ids):
        entry.metricId = number
    ctypes.memset(ctypes.byref(request, SmallMetricsGet.behind.offset), 0x5A, 64)
    nvml.nvmlGpmMetricsGet(request)
    assert bytes(request.behind) == b"\x5a" * 64, "more than numMetrics entries were touched"
    return list(request.metrics[: len(ids)])


def busy_instance(gpu):
    """A GPU instance on which a process works."""
    for process in nvml.nvmlDeviceGetComputeRunningProcesses(gpu):
        return process.gpuInstanceId
    raise AssertionError("no process on the GPU")


if __name__ == "__main__":
    nvml.nvmlInit()
    gpu = nvml.nvmlDeviceGetHandleByIndex(0)
    assert nvml.nvmlGpmQueryDeviceSupport(gpu).isSupportedDevice == 1
    gi = busy_instance(gpu)
    earlier, later = nvml.nvmlGpmSampleAlloc(), nvml.nvmlGpmSampleAlloc()
    nvml.nvmlGpmMigSampleGet(gpu, gi, earlier)
    deadline = time.monotonic() + 5
    while True:
        nvml.nvmlGpmMigSampleGet(gpu, gi, later)
        sm, unknown = metrics(earlier, later, nvml.NVML_GPM_METRIC_SM_UTIL, 9999)
        if sm.nvmlReturn == nvml.NVML_SUCCESS:
            break
        # the samples are not yet 100 ms apart
        assert time.monotonic() < deadline, f"no SM utilisation within 5 s: {sm.nvmlReturn}"
    assert 0 < sm.value <= 100, sm.value
    assert sm.metricInfo.unit in (b"%", "%"), sm.metricInfo.unit
    assert unknown.nvmlReturn != nvml.NVML_SUCCESS, "a metric that does not exist has no value"
    for sample in (earlier, later):
        nvml.nvmlGpmSampleFree(sample)
    refused(nvml.NVML_ERROR_INVALID_ARGUMENT, nvml.nvmlGpmSampleFree, earlier)
    print("ok", round(sm.value, 1))
    nvml.nvmlShutdown()
