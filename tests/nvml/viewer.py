"""What nvitop's Python interface sees: one JSON object, MIG devices by GPU."""

import json

from nvitop import Device, MigDevice


def record(device):
    snapshot = device.as_snapshot()
    found = {
        "name": snapshot.name,
        "uuid": snapshot.uuid,
        "memory_total": snapshot.memory_total,
        "memory_used": snapshot.memory_used,
    }
    if isinstance(device, MigDevice):
        found |= {"gi": snapshot.gpu_instance_id, "ci": snapshot.compute_instance_id, "slot": device.mig_index}
    else:
        found |= {"mig": device.is_mig_mode_enabled(), "temperature": snapshot.temperature}
    return found


if __name__ == "__main__":
    print(
        json.dumps(
            [
                record(gpu) | {"mig_devices": [record(mig) for mig in gpu.mig_devices()]}
                for gpu in Device.all()
            ],
            indent=1,
        )
    )
