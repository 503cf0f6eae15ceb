"""Prints what nvidia-ml-py sees of a host as one JSON object: every device, MIG mode, profile, instance and MIG device.

A reading that NVML refuses is {"error": CODE, "text": TEXT}: unknown is told apart from zero and from nothing.

The library is found as every program finds it: libnvidia-ml.so.1 on LD_LIBRARY_PATH.
"""

import json
import sys
from ctypes import byref, c_uint

import pynvml as nvml


def ask(function, *arguments, **keywords):
    """The answer of a call, or its error as a value."""
    try:
        return function(*arguments, **keywords)
    except nvml.NVMLError as error:
        return {"error": error.value, "text": str(error)}


def failed(answer):
    return isinstance(answer, dict) and "error" in answer


def enumerate_profiles(query):
    """Profiles by number from 0 until INVALID_ARGUMENT, as nvml.h advises; NOT_SUPPORTED is a hole."""
    kind = 0
    while True:
        try:
            yield kind, query(kind)
        except nvml.NVMLError_InvalidArgument:
            return
        except nvml.NVMLError_NotSupported:
            pass
        kind += 1


def memory(device):
    """Memory in bytes; reserved memory only where the driver tells it apart."""
    second = ask(nvml.nvmlDeviceGetMemoryInfo, device, version=nvml.nvmlMemory_v2)
    if not failed(second):
        return {"total": second.total, "reserved": second.reserved, "free": second.free, "used": second.used}
    first = ask(nvml.nvmlDeviceGetMemoryInfo, device)
    return first if failed(first) else {"total": first.total, "free": first.free, "used": first.used}


def placements(query, owner, profile):
    count = c_uint(0)
    none = query(owner, profile, None, byref(count))
    assert none == nvml.NVML_SUCCESS
    array = (nvml.c_nvmlGpuInstancePlacement_t * count.value)()
    query(owner, profile, array, byref(count))
    return [{"start": place.start, "size": place.size} for place in array]


def profile_record(kind, info):
    return {
        "kind": kind,
        "id": info.id,
        "slices": info.sliceCount,
        "max": info.instanceCount,
        "sm": info.multiprocessorCount,
    }


def gpu_profile(device, kind, info):
    record = profile_record(kind, info)
    record["memory_mib"] = info.memorySizeMB
    record["engines"] = {
        "copy": info.copyEngineCount,
        "decoder": info.decoderCount,
        "encoder": info.encoderCount,
        "jpeg": info.jpegCount,
        "ofa": info.ofaCount,
    }
    if hasattr(info, "name"):
        record["name"] = text(info.name)
    record["placements"] = ask(placements, nvml.nvmlDeviceGetGpuInstancePossiblePlacements, device, info.id)
    record["remaining"] = ask(nvml.nvmlDeviceGetGpuInstanceRemainingCapacity, device, info.id)
    return record


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def gpu_profile_query(device):
    """The profile query of the newest form that the driver has; without names on an old one."""
    version = 2
    try:
        nvml.nvmlDeviceGetGpuInstanceProfileInfo(device, 0, version=version)
    except nvml.NVMLError_FunctionNotFound:
        version = 1
    except nvml.NVMLError:
        pass
    return lambda kind: nvml.nvmlDeviceGetGpuInstanceProfileInfo(device, kind, version=version)


def instances(query, owner, profile, most, kind):
    """Handles of the instances of one profile; the array must hold as many as the profile allows."""
    count = c_uint(0)
    array = (kind * most)()
    query(owner, profile, array, byref(count))
    return list(array[: count.value])


def compute_instances(gi):
    found = []
    profiles = enumerate_profiles(
        lambda kind: nvml.nvmlGpuInstanceGetComputeInstanceProfileInfo(
            gi, kind, nvml.NVML_COMPUTE_INSTANCE_ENGINE_PROFILE_SHARED, version=1
        )
    )
    for _, profile in profiles:
        for ci in instances(
            nvml.nvmlGpuInstanceGetComputeInstances,
            gi,
            profile.id,
            profile.instanceCount,
            nvml.c_nvmlComputeInstance_t,
        ):
            info = nvml.nvmlComputeInstanceGetInfo(ci)
            place = {"start": info.placement.start, "size": info.placement.size}
            found.append({"ci": info.id, "profile": info.profileId, "placement": place})
    return sorted(found, key=lambda ci: ci["ci"])


def gpu_instances(device, profiles):
    found = []
    for profile in profiles:
        for gi in instances(
            nvml.nvmlDeviceGetGpuInstances, device, profile["id"], profile["max"], nvml.c_nvmlGpuInstance_t
        ):
            info = nvml.nvmlGpuInstanceGetInfo(gi)
            found.append(
                {
                    "gi": info.id,
                    "profile": info.profileId,
                    "placement": {"start": info.placement.start, "size": info.placement.size},
                    "compute_instances": ask(compute_instances, gi),
                }
            )
    return sorted(found, key=lambda gi: gi["gi"])


def processes(device):
    """The list in its newest form; the bindings have no call for the first one, of drivers before R460."""
    found = ask(nvml.nvmlDeviceGetComputeRunningProcesses_v3, device)
    if failed(found) and found["error"] == nvml.NVML_ERROR_FUNCTION_NOT_FOUND:
        found = ask(nvml.nvmlDeviceGetComputeRunningProcesses_v2, device)
    if failed(found):
        return found
    none = 0xFFFFFFFF
    return sorted(
        (
            {
                "pid": process.pid,
                "memory": process.usedGpuMemory,
                "gi": None if process.gpuInstanceId == none else process.gpuInstanceId,
                "ci": None if process.computeInstanceId == none else process.computeInstanceId,
            }
            for process in found
        ),
        key=lambda process: process["pid"],
    )


def mig_device(parent, slot, device):
    attributes = ask(nvml.nvmlDeviceGetAttributes_v2, device)
    if not failed(attributes):
        attributes = {
            "sm": attributes.multiprocessorCount,
            "gi_slices": attributes.gpuInstanceSliceCount,
            "ci_slices": attributes.computeInstanceSliceCount,
            "memory_mib": attributes.memorySizeMB,
        }
    uuid = nvml.nvmlDeviceGetUUID(device)
    found = nvml.nvmlDeviceGetHandleByUUID(uuid)
    assert nvml.nvmlDeviceGetIndex(found) == slot, f"{uuid}: found by UUID at another index than {slot}"
    assert nvml.nvmlDeviceGetIndex(nvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle(device)) == parent
    return {
        "slot": slot,
        "gi": nvml.nvmlDeviceGetGpuInstanceId(device),
        "ci": nvml.nvmlDeviceGetComputeInstanceId(device),
        "uuid": uuid,
        "name": nvml.nvmlDeviceGetName(device),
        "memory": memory(device),
        "attributes": attributes,
        "processes": processes(device),
    }


def mig_devices(parent, device):
    found = []
    for slot in range(nvml.nvmlDeviceGetMaxMigDeviceCount(device)):
        try:
            handle = nvml.nvmlDeviceGetMigDeviceHandleByIndex(device, slot)
        except nvml.NVMLError_NotFound:
            continue
        found.append(mig_device(parent, slot, handle))
    return found


def gpu(index):
    device = ask(nvml.nvmlDeviceGetHandleByIndex, index)
    if failed(device):
        return {"index": index, **device}
    pci = ask(nvml.nvmlDeviceGetPciInfo, device)
    mode = ask(nvml.nvmlDeviceGetMigMode, device)
    profiles = ask(
        lambda: [gpu_profile(device, kind, info) for kind, info in enumerate_profiles(gpu_profile_query(device))]
    )
    return {
        "index": index,
        "uuid": ask(nvml.nvmlDeviceGetUUID, device),
        "name": ask(nvml.nvmlDeviceGetName, device),
        "pci": pci if failed(pci) else text(pci.busId),
        "pci_device_id": pci if failed(pci) else pci.pciDeviceId,
        "serial": ask(nvml.nvmlDeviceGetSerial, device),
        "minor": ask(nvml.nvmlDeviceGetMinorNumber, device),
        "memory": memory(device),
        "mig": mode if failed(mode) else {"current": mode[0], "pending": mode[1]},
        "utilization": rates(device),
        "temperature": ask(nvml.nvmlDeviceGetTemperature, device, nvml.NVML_TEMPERATURE_GPU),
        "power_mw": ask(nvml.nvmlDeviceGetPowerUsage, device),
        "power_limit_mw": ask(nvml.nvmlDeviceGetEnforcedPowerLimit, device),
        "processes": processes(device),
        "profiles": profiles,
        "gpu_instances": profiles if failed(profiles) else ask(gpu_instances, device, profiles),
        "mig_devices": ask(mig_devices, index, device),
    }


def rates(device):
    found = ask(nvml.nvmlDeviceGetUtilizationRates, device)
    return found if failed(found) else {"gpu": found.gpu, "memory": found.memory}


def walk():
    nvml.nvmlInit()
    try:
        return {
            "driver": nvml.nvmlSystemGetDriverVersion(),
            "nvml": ask(nvml.nvmlSystemGetNVMLVersion),
            "cuda": ask(nvml.nvmlSystemGetCudaDriverVersion),
            "gpus": [gpu(index) for index in range(nvml.nvmlDeviceGetCount())],
        }
    finally:
        nvml.nvmlShutdown()


if __name__ == "__main__":
    try:
        print(json.dumps(walk(), indent=1))
    except nvml.NVMLError as error:
        print(json.dumps({"error": error.value, "text": str(error)}))
        sys.exit(1)
