"""Creates and destroys instances with nvidia-ml-py on the host of `changes.toml`, and is refused as a real A100 refuses.

GPU 0: MIG on, empty. GPU 1: a 3g.20gb with a process at 0, one without at 4. GPU 2: MIG off, held by somebody. GPU 3:
MIG off, idle.
"""

from ctypes import byref

import pynvml as nvml
from expect import placement, profile_id, refused

EVENT_MIG_CONFIG_CHANGE = 0x100


def device(index):
    return nvml.nvmlDeviceGetHandleByIndex(index)


def placed(start, size):
    place = nvml.c_nvmlGpuInstancePlacement_t()
    place.start, place.size = start, size
    return byref(place)


def mode_off():
    """Without MIG nothing can be created, and there are no MIG devices."""
    gpu = device(3)
    refused(nvml.NVML_ERROR_NOT_SUPPORTED, nvml.nvmlDeviceCreateGpuInstance, gpu, 9)
    refused(nvml.NVML_ERROR_NOT_SUPPORTED, nvml.nvmlDeviceGetGpuInstanceRemainingCapacity, gpu, 9)
    assert nvml.nvmlDeviceGetMaxMigDeviceCount(gpu) == 0
    assert nvml.nvmlDeviceGetMigMode(gpu) == [0, 0]


def placement_order():
    """The driver's own choice on an A100: 3g at 4, then at 0; then there is no room for a third."""
    gpu = device(0)
    three = profile_id(gpu, nvml.NVML_GPU_INSTANCE_PROFILE_3_SLICE)
    assert three == 9, "profile ids are the board's, not the enum's"
    assert nvml.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, three) == 2
    first = nvml.nvmlDeviceCreateGpuInstance(gpu, three)
    assert placement(nvml.nvmlGpuInstanceGetInfo(first)) == (4, 4)
    second = nvml.nvmlDeviceCreateGpuInstance(gpu, three)
    assert placement(nvml.nvmlGpuInstanceGetInfo(second)) == (0, 4)
    assert nvml.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, three) == 0
    refused(nvml.NVML_ERROR_INSUFFICIENT_RESOURCES, nvml.nvmlDeviceCreateGpuInstance, gpu, three)
    for instance in (first, second):
        nvml.nvmlGpuInstanceDestroy(instance)


def wrong_requests():
    gpu = device(0)
    refused(nvml.NVML_ERROR_INVALID_ARGUMENT, nvml.nvmlDeviceCreateGpuInstanceWithPlacement, gpu, 9, placed(1, 4))
    # only the base profiles' ids exist on this board
    assert_refused_unknown_profile(gpu)
    refused(nvml.NVML_ERROR_NOT_FOUND, nvml.nvmlDeviceGetGpuInstanceById, gpu, 1)
    refused(nvml.NVML_ERROR_INVALID_ARGUMENT, nvml.nvmlDeviceGetHandleByIndex, 99)
    refused(nvml.NVML_ERROR_NOT_FOUND, nvml.nvmlDeviceGetHandleByUUID, "GPU-00000000-0000-0000-0000-000000000000")


def assert_refused_unknown_profile(gpu):
    """A profile id that the board does not have (a published transcript of an H20 shows Invalid Argument)."""
    try:
        nvml.nvmlDeviceCreateGpuInstance(gpu, 1)
    except (nvml.NVMLError_InvalidArgument, nvml.NVMLError_NotSupported):
        return
    raise AssertionError("created an instance of profile 1, which an A100 does not have")


def whole_life():
    """GI, CI, MIG device; then back, in the one order that the driver allows."""
    gpu = device(0)
    events = nvml.nvmlEventSetCreate()
    nvml.nvmlDeviceRegisterEvents(gpu, EVENT_MIG_CONFIG_CHANGE, events)
    gi = nvml.nvmlDeviceCreateGpuInstanceWithPlacement(gpu, 9, placed(0, 4))
    event = nvml.nvmlEventSetWait_v2(events, 5000)
    assert event.eventType == EVENT_MIG_CONFIG_CHANGE, f"event {event.eventType:#x} instead of a MIG change"
    refused(nvml.NVML_ERROR_NOT_FOUND, nvml.nvmlDeviceGetMigDeviceHandleByIndex, gpu, 0)

    ci = nvml.nvmlGpuInstanceCreateComputeInstance(gi, nvml.NVML_COMPUTE_INSTANCE_PROFILE_1_SLICE)
    info = nvml.nvmlComputeInstanceGetInfo(ci)
    assert (info.id, info.profileId) == (0, 0), "ids of compute instances begin at 0 in each GPU instance"
    mig = nvml.nvmlDeviceGetMigDeviceHandleByIndex(gpu, 0)
    assert nvml.nvmlDeviceGetName(mig).endswith("MIG 1c.3g.20gb"), nvml.nvmlDeviceGetName(mig)
    attributes = nvml.nvmlDeviceGetAttributes_v2(mig)
    assert (attributes.multiprocessorCount, attributes.gpuInstanceSliceCount) == (14, 3)
    refused(nvml.NVML_ERROR_NOT_SUPPORTED, nvml.nvmlDeviceGetAttributes_v2, gpu)
    refused(nvml.NVML_ERROR_NOT_SUPPORTED, nvml.nvmlDeviceGetUtilizationRates, gpu)

    full = nvml.NVML_COMPUTE_INSTANCE_PROFILE_3_SLICE
    refused(nvml.NVML_ERROR_INSUFFICIENT_RESOURCES, nvml.nvmlGpuInstanceCreateComputeInstance, gi, full)
    refused(nvml.NVML_ERROR_IN_USE, nvml.nvmlGpuInstanceDestroy, gi)
    nvml.nvmlComputeInstanceDestroy(ci)
    refused(nvml.NVML_ERROR_INVALID_ARGUMENT, nvml.nvmlComputeInstanceGetInfo, ci)
    refused(nvml.NVML_ERROR_NOT_FOUND, nvml.nvmlDeviceGetMigDeviceHandleByIndex, gpu, 0)
    nvml.nvmlGpuInstanceDestroy(gi)
    refused(nvml.NVML_ERROR_INVALID_ARGUMENT, nvml.nvmlGpuInstanceGetInfo, gi)
    refused(nvml.NVML_ERROR_INVALID_ARGUMENT, nvml.nvmlGpuInstanceDestroy, gi)
    nvml.nvmlEventSetFree(events)


def busy():
    """What a process uses stays, what nobody uses goes."""
    gpu = device(1)
    used, idle = (gi for _, gi in sorted((placement(nvml.nvmlGpuInstanceGetInfo(gi)), i) for i, gi in by_id(gpu)))
    used, idle = nvml.nvmlDeviceGetGpuInstanceById(gpu, used), nvml.nvmlDeviceGetGpuInstanceById(gpu, idle)
    refused(nvml.NVML_ERROR_IN_USE, nvml.nvmlComputeInstanceDestroy, nvml.nvmlGpuInstanceGetComputeInstanceById(used, 0))
    refused(nvml.NVML_ERROR_IN_USE, nvml.nvmlGpuInstanceDestroy, used)
    nvml.nvmlComputeInstanceDestroy(nvml.nvmlGpuInstanceGetComputeInstanceById(idle, 0))
    nvml.nvmlGpuInstanceDestroy(idle)
    running = nvml.nvmlDeviceGetComputeRunningProcesses(gpu)
    assert [(process.pid, process.computeInstanceId) for process in running] == [(30100, 0)], running


def by_id(gpu):
    for number in range(15):
        try:
            yield number, nvml.nvmlDeviceGetGpuInstanceById(gpu, number)
        except nvml.NVMLError_NotFound:
            pass


def mode_changes():
    """SUCCESS is not "done" on Ampere: while somebody holds the GPU the change only waits."""
    held, idle = device(2), device(3)
    assert nvml.nvmlDeviceSetMigMode(held, 1) == nvml.NVML_ERROR_IN_USE
    assert nvml.nvmlDeviceGetMigMode(held) == [0, 1]
    assert nvml.nvmlDeviceSetMigMode(idle, 1) == nvml.NVML_SUCCESS
    assert nvml.nvmlDeviceGetMigMode(idle) == [1, 1]
    assert nvml.nvmlDeviceGetMaxMigDeviceCount(idle) == 7
    refused(nvml.NVML_ERROR_INVALID_ARGUMENT, nvml.nvmlDeviceSetMigMode, idle, 2)


if __name__ == "__main__":
    nvml.nvmlInit()
    for proof in (mode_off, placement_order, wrong_requests, whole_life, busy, mode_changes):
        proof()
        print("ok", proof.__name__)
    nvml.nvmlShutdown()
