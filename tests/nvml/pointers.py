"""What C callers get wrong: null pointers, small buffers, struct versions, stale handles, calls without init."""

import ctypes

import pynvml as nvml
from expect import raw, refused

OK = nvml.NVML_SUCCESS
INVALID = nvml.NVML_ERROR_INVALID_ARGUMENT


def before_init():
    count = ctypes.c_uint()
    assert raw("nvmlDeviceGetCount_v2", ctypes.byref(count)) == nvml.NVML_ERROR_UNINITIALIZED
    assert raw("nvmlShutdown") == nvml.NVML_ERROR_UNINITIALIZED
    text = ctypes.CDLL("libnvidia-ml.so.1").nvmlErrorString
    text.restype = ctypes.c_char_p
    assert text(nvml.NVML_ERROR_IN_USE) == b"In use by another client"
    assert text(12345) == b"Unknown Error"
    assert raw("nvmlInitWithFlags", ctypes.c_uint(1 << 31)) == INVALID


def null_pointers():
    gpu = nvml.nvmlDeviceGetHandleByIndex(0)
    null, count = ctypes.c_void_p(None), ctypes.c_uint(9)
    assert raw("nvmlDeviceGetCount_v2", null) == INVALID
    assert raw("nvmlDeviceGetName", gpu, null, count) == INVALID
    assert raw("nvmlDeviceGetName", null, ctypes.create_string_buffer(96), ctypes.c_uint(96)) == INVALID
    assert raw("nvmlDeviceGetMigMode", gpu, null, ctypes.byref(count)) == INVALID
    assert raw("nvmlDeviceGetMemoryInfo_v2", gpu, null) == INVALID
    assert raw("nvmlDeviceGetHandleByUUID", null, ctypes.byref(ctypes.c_void_p())) == INVALID
    assert raw("nvmlDeviceCreateGpuInstance", gpu, ctypes.c_uint(9), null) == INVALID
    assert nvml.nvmlDeviceGetGpuInstanceRemainingCapacity(gpu, 9) == 2, "refused, and yet something was created"
    assert raw("nvmlDeviceGetGpuInstancePossiblePlacements_v2", gpu, ctypes.c_uint(9), null, ctypes.byref(count)) == OK
    assert count.value == 2, "a null array asks for the number"
    assert raw("nvmlGpmMetricsGet", null) == INVALID


def small_buffers():
    gpu = nvml.nvmlDeviceGetHandleByIndex(1)
    name = nvml.nvmlDeviceGetName(gpu)
    short = ctypes.create_string_buffer(b"#" * 100, 100)
    length = ctypes.c_uint(len(name))
    assert raw("nvmlDeviceGetName", gpu, short, length) == nvml.NVML_ERROR_INSUFFICIENT_SIZE
    assert short.raw == b"#" * 100, "nothing is written into a buffer that is too small"
    assert raw("nvmlDeviceGetName", gpu, short, ctypes.c_uint(len(name) + 1)) == OK
    assert short.raw[: len(name) + 2] == name.encode() + b"\0#", "no more than the text and its end"

    count = ctypes.c_uint(0)
    for symbol, size in (("", 16), ("_v2", 24), ("_v3", 24)):
        symbol = "nvmlDeviceGetComputeRunningProcesses" + symbol
        count.value = 0
        assert raw(symbol, gpu, ctypes.byref(count), None) == nvml.NVML_ERROR_INSUFFICIENT_SIZE
        assert count.value == 1, f"{symbol}: needs {count.value}"
        entries = ctypes.create_string_buffer(b"#" * 48, 48)
        assert raw(symbol, gpu, ctypes.byref(count), entries) == OK
        assert entries.raw[size:] == b"#" * (48 - size), f"{symbol}: an entry is {size} bytes"
        assert int.from_bytes(entries.raw[:4], "little") == 30100


def versions():
    gpu = nvml.nvmlDeviceGetHandleByIndex(0)
    memory = nvml.c_nvmlMemory_v2_t()
    for wrong in (0, 0x01000028, 0x02000020):
        memory.version = wrong
        code = raw("nvmlDeviceGetMemoryInfo_v2", gpu, ctypes.byref(memory))
        assert code == nvml.NVML_ERROR_ARGUMENT_VERSION_MISMATCH, (hex(wrong), code)
    info = ctypes.create_string_buffer(160)
    for word, name_at in ((0x02000098, 56), (0x03000098, 48)):
        info.raw = word.to_bytes(4, "little") + b"#" * 156
        assert raw("nvmlDeviceGetGpuInstanceProfileInfoV", gpu, ctypes.c_uint(2), info) == OK
        assert info.raw[name_at : name_at + 12] == b"MIG 3g.20gb\0", info.raw
        assert info.raw[152:] == b"#" * 8, "written beyond the struct"
    info.raw = bytes(160)
    assert raw("nvmlDeviceGetGpuInstanceProfileInfoV", gpu, ctypes.c_uint(2), info) == INVALID


def legacy_structs():
    """The first forms write only what their structs had."""
    gpu = nvml.nvmlDeviceGetHandleByIndex(0)
    pci = ctypes.create_string_buffer(b"#" * 68, 68)
    assert raw("nvmlDeviceGetPciInfo_v2", gpu, pci) == OK
    assert pci.raw[36:] == b"#" * 32
    assert raw("nvmlDeviceGetPciInfo_v3", gpu, pci) == OK
    assert pci.raw[:16].rstrip(b"\0").decode() == pci.raw[40:68].rstrip(b"\0").decode(), pci.raw


def foreign_handles():
    """A number that is no handle, or one of another kind, is an invalid argument and never an address to follow."""
    gpu = nvml.nvmlDeviceGetHandleByIndex(1)
    count, handles = ctypes.c_uint(), (nvml.c_nvmlGpuInstance_t * 2)()
    nvml.nvmlDeviceGetGpuInstances(gpu, 9, handles, ctypes.byref(count))
    assert count.value == 2
    place = ctypes.create_string_buffer(64)
    wants_device = ("nvmlDeviceGetIndex", "nvmlDeviceGetMinorNumber", "nvmlDeviceIsMigDeviceHandle")
    wants_gi, wants_ci = ("nvmlGpuInstanceGetInfo",), ("nvmlComputeInstanceGetInfo_v2",)
    for bits in (1, 4096, 0xDEADBEEF, 2**63, 2**64 - 1):
        for symbol in wants_device + wants_gi + wants_ci:
            assert raw(symbol, ctypes.c_void_p(bits), place) == INVALID, (symbol, hex(bits))
        for symbol in ("nvmlGpmSampleFree", "nvmlEventSetFree", "nvmlGpuInstanceDestroy", "nvmlComputeInstanceDestroy"):
            assert raw(symbol, ctypes.c_void_p(bits)) == INVALID, (symbol, hex(bits))
    for symbol in wants_device + wants_ci:
        assert raw(symbol, handles[0], place) == INVALID, symbol
    for symbol in wants_gi + wants_ci:
        assert raw(symbol, gpu, place) == INVALID, symbol
    # a board's readings are not a MIG device's
    mig = nvml.nvmlDeviceGetMigDeviceHandleByIndex(gpu, 0)
    refused(INVALID, nvml.nvmlDeviceGetPowerUsage, mig)
    refused(INVALID, nvml.nvmlDeviceGetMigMode, mig)


def lives():
    """Initialisations are counted; handles end with the last shutdown."""
    gpu = nvml.nvmlDeviceGetHandleByIndex(0)
    nvml.nvmlInit()
    nvml.nvmlShutdown()
    assert nvml.nvmlDeviceGetIndex(gpu) == 0, "one initialisation is left"
    nvml.nvmlShutdown()
    index = ctypes.c_uint()
    assert raw("nvmlDeviceGetIndex", gpu, ctypes.byref(index)) == nvml.NVML_ERROR_UNINITIALIZED
    nvml.nvmlInit()
    refused(INVALID, nvml.nvmlDeviceGetIndex, gpu)
    assert nvml.nvmlDeviceGetIndex(nvml.nvmlDeviceGetHandleByIndex(0)) == 0


if __name__ == "__main__":
    before_init()
    print("ok before_init")
    nvml.nvmlInit()
    for proof in (null_pointers, small_buffers, versions, legacy_structs, foreign_handles, lives):
        proof()
        print("ok", proof.__name__)
    nvml.nvmlShutdown()
