//! All that rules say, in English.

use super::said::Phrase;

macro_rules! phrases {
    ($($name:ident = $key:literal, $english:literal;)*) => {
        $(pub(super) const $name: Phrase = Phrase { key: $key, english: $english };)*

        /// All of them.
        pub const ALL: &[Phrase] = &[$($name),*];
    };
}

phrases! {
    // gpus
    CALL_HUNG = "gpu-call-hung", "{call}, called at {since}, has not come back; this GPU is not asked again meanwhile";
    CALL_SLOW = "gpu-call-slow", "{call} took {seconds} s, where milliseconds are usual; it takes many calls to read a GPU, so all its values may take minutes";
    CALL_LATE = "gpu-call-slow.late", "{why}";
    GPU_LOST = "gpu-lost", "{why}";
    GPU_RESET = "gpu-reset-required", "{why}";
    GPU_FAILING = "gpu-failing", "{why}";
    ASKED_AT = "asked-at", "asked again at {until}";
    ASKED_WHEN_TOLD = "asked-when-told", "not asked again until told to";
    LAST_ANSWER = "last-answer", "last answer {at}";
    XID_AT = "xid-at", "Xid {code} at {at}";
    // health
    RECOVER_RESET = "recovery-action.reset", "the driver asks for a reset of this GPU: end all processes on it, reset it, start again";
    RECOVER_REBOOT = "recovery-action.reboot", "the driver asks for a reboot of the host: its own state may be inconsistent";
    RECOVER_P2P = "recovery-action.p2p", "the driver asks to end peer-to-peer work on this GPU, then to look again";
    RECOVER_DRAIN = "recovery-action.drain", "the GPU has lost capacity: give it no new work, let the rest finish, then reset it";
    RECOVER_OTHER = "recovery-action.other", "the driver asks for recovery action {number}, which this migdeck does not know";
    FIELD_230 = "field-230", "NVML field 230 = {action}";
    REMAPPED = "remapped", "rows remapped: {corrected} correctable, {uncorrected} uncorrectable";
    NOT_KNOWN = "not-known", "n/a";
    REMAP_FAILED = "remap-failed", "a bad memory row could not be remapped: a case for the vendor (RMA)";
    REMAP_PENDING = "remap-pending", "a bad memory row is noted and will be replaced at the next reset; work may go on";
    NO_SPARE_ROWS = "no-spare-rows", "{banks} memory banks have no spare row left: the next bad row there cannot be remapped";
    ECC_UNCORRECTED = "ecc-uncorrected", "{errors} memory errors since the driver was loaded could not be corrected";
    ECC_PENDING = "ecc-pending", "ECC is {now} and will be {then} after the next reset";
    ON = "on", "on";
    OFF = "off", "off";
    THROTTLE = "throttle", "clocks are held down: {cause}";
    POWER_BRAKE = "throttle.brake", "the power supply asked it to brake (HW power brake slowdown)";
    TOO_HOT = "throttle.hot", "it is over its temperature limit (HW thermal slowdown)";
    TOO_WARM = "throttle.warm", "GPU or memory are too warm and the driver lowers the clocks (SW thermal slowdown)";
    HW_SLOWDOWN = "throttle.hardware", "the hardware halved its clocks or more (HW slowdown)";
    CLOCK_REASONS = "clock-reasons", "clock event reasons {mask}";
    PCIE = "pcie-degraded", "its PCI Express link runs with {width} lanes of {most}";
    NVLINKS = "nvlink-down", "{down} of {all} NVLinks are down";
    LINKS = "links", "links {links}";
    // host
    LIBRARY_MISMATCH = "library-mismatch", "{why}";
    NO_LIBRARY = "no-library", "{why}";
    NVML_DOWN = "nvml-down", "{why}";
    NO_MODULE = "no-module", "no NVIDIA kernel module is loaded";
    MODULE = "module", "kernel module {version}";
    DRIVER_FLOOR = "driver-floor", "{limits}";
    DRIVER = "driver", "driver {version}";
    STUCK_HUNG_ONE = "stuck-process.hung-one", "a process is in uninterruptible sleep while a GPU hangs: no signal ends that, only the driver or a reboot";
    STUCK_HUNG = "stuck-process.hung", "{n} processes are in uninterruptible sleep while a GPU hangs: no signal ends that, only the driver or a reboot";
    STUCK_ONE = "stuck-process.one", "a process is in uninterruptible sleep, which is ordinary if it passes";
    STUCK = "stuck-process", "{n} processes are in uninterruptible sleep, which is ordinary if it passes";
    OWNER_UNKNOWN = "owner-unknown", "who manages MIG here cannot be told: it is treated as owned, and left alone";
    PAUSED = "paused", "{why}";
    LOG_LOST = "kernel-log-lost", "{n} kernel log records were overwritten before they could be read: errors may be missing";
    DROPPED = "records-dropped", "{n} records were dropped because this end read too slowly";
    DROPPED_UNREAD = "records-dropped.unread", "{n} records were dropped unread: the probe had sent far more than it was asked for";
    UNKNOWN_RECORDS = "records-unknown", "{n} records are of kinds that this version of migdeck does not know: the probe is newer";
    RIGHTS_ROOT = "rights.root", "some things cannot be read although the probe is root";
    RIGHTS = "rights", "as user id {uid} some things cannot be read; a sudoers rule for exactly `migdeck probe` opens them";
    RIGHTS_ROOT_NEXT = "rights.root-next", "migdeck status   # NOT AVAILABLE says what refused";
    RIGHTS_NEXT = "rights.next", "sudo visudo -f /etc/sudoers.d/migdeck   # docs/config.md has the rule";
    DENIED_MEMORY = "denied-memory", "NVML: memory in use of instances (GPU {gpus})";
    DENIED_PROCESSES = "denied-processes", "NVML: processes and their memory (GPU {gpus})";
    // mig
    MIG_PENDING = "mig-pending", "MIG is {now} and will be {then} after the next reset or reboot";
    MIG_PENDING_LOST = "mig-pending.lost", "MIG is {now} and will be {then} after the next reset or reboot, and takes its {instances} instances with it";
    NO_HOLDER = "no-holder", "no holder is known";
    HELD_BY = "held-by", "held by {holders}";
    KERNEL_MODULE = "kernel-module", "kernel module {module}";
    EMPTY_BOOT = "mig-on-empty.boot", "empty since the boot; {owner} is expected to build {layout}, and has not yet";
    EMPTY_BOOT_UNNAMED = "mig-on-empty.boot-unnamed", "empty since the boot; {owner} is expected to build its layout, and has not yet";
    BOOTED = "booted", "booted {at}";
    EMPTY_ONE = "mig-on-empty.one", "MIG is on and there is no instance: CUDA cannot use this GPU";
    EMPTY = "mig-on-empty", "MIG is on and there is no instance: CUDA cannot use these GPUs";
    MANAGES = "manages", "{owner} manages MIG here";
    UNLISTED = "unlisted", "without the right to list instances one without a compute instance is not seen";
    UNLISTED_OF = "unlisted.of", "{gpus}: without the right to list instances one without a compute instance is not seen";
    WITHOUT_CI = "gi-without-ci", "the GPU instance has no compute instance: {profile} is taken and nobody can use it";
    WITHOUT_CI_UNKNOWN = "gi-without-ci.unknown", "the GPU instance has no compute instance: its memory is taken and nobody can use it";
    PLACED = "placed", "memory slices {placement}";
    CATALOG = "catalog-differs", "{difference}";
    // pods
    POD = "pod", "pod {name}";
    POD_UID = "pod-uid", "pod of uid {uid}";
    POD_NAMELESS = "pod-nameless", "a pod without a name";
    POD_CONTAINER = "pod-container", "{pod} container {container}";
    OTHER_PROFILE = "uuid-on-other-profile", "{pod} was given this device as {resource}, and it is a {profile} now: its next restart lands on the wrong slice";
    GONE_ONE = "uuid-unknown.one", "{pod} holds a device that NVML does not list: its slice is gone";
    GONE = "uuid-unknown", "{pod} holds devices that NVML does not list: its slice is gone";
    KUBELET = "kubelet-unreadable", "the kubelet's allocations cannot be read: a slice without a process may be given to a pod";
    GIVEN_TO = "given-to", "the kubelet gave it to {pod}";
    DISAGREE = "pods-disagree", "the API server says this device is {there}'s, the kubelet says {here}'s";
    KNOWN_BY = "pod-known-by", "{pod}: {how}";
    UNINVITED = "pod-without-allocation", "{pod} works on this device, which the kubelet did not give to it";
    IDLE_GI = "idle-gi", "GPU {gpu} gi {gi} {profile}: {pods}";
    IDLE_GPU = "idle-gpu", "GPU {gpu}: {pods}";
    IDLE_ONE = "allocated-idle.one", "a device is given to a pod and no process runs on it";
    IDLE = "allocated-idle", "{n} devices are given to pods and no process runs on them";
    DRIFT_STOPPED = "plugin-drift.stopped", "nothing is advertised: compute instances smaller than their GPU instance stop the device plugin";
    DRIFT = "plugin-drift", "the node does not advertise the devices that are there: the device plugin is behind, stopped, or calls some unhealthy";
    ADVERTISED = "advertised", "{resource}: {there} there, {advertised} advertised";
    ADVERTISED_NONE = "advertised-none", "{resource}: none there, {advertised} advertised";
    // cluster
    CONFIG_FAILED = "mig-config-failed", "MIG manager could not apply {config}: GPUs may be left without instances";
    CONFIG_PENDING = "mig-config-pending", "MIG manager applies {config}: until it is done the node gives out nothing reliably";
    CONFIG_WEDGED = "mig-config-pending.wedged", "MIG manager has been applying {config} for longer than it ever takes: it hangs, and nobody goes on by himself";
    CONFIG_UNTAKEN = "mig-config-untaken", "{config} is wanted and no MIG manager has said that it took it up";
    CONFIG_MISSING = "mig-config-missing", "MIG manager says success for {config}, and that is not what is there";
    NONE_OF = "none-of", "{resource}: none advertised";
    GPUS_OFF = "gpus-off", "GPU {gpus}: MIG is off";
    GPUS_EMPTY = "gpus-empty", "GPU {gpus}: no instance";
    GPUS_OF = "gpus-of", "GPU {gpus}: {profiles}";
    OPERANDS_AWAY = "operands-paused.change", "{n} operands are paused while MIG manager works: nothing new can be given out until they are back";
    OPERANDS_LEFT = "operands-paused", "{n} operands are paused and no change is at work: device plugin and discovery stay away until somebody sets the labels back";
    UPGRADE = "driver-upgrade", "a driver upgrade is at work ({state}): it cordons and drains, so change no layout now";
    UPGRADE_WAITS = "driver-upgrade.waits", "a driver upgrade waits for its turn ({state})";
    UPGRADE_FAILED = "driver-upgrade.failed", "the driver upgrade failed ({state}): the node may be without a driver";
    CORDONED = "cordoned", "the node is cordoned";
    SINGLE_BROKEN = "strategy-broken", "strategy single needs all GPUs alike, and they are not: the device plugin stops, or does at its next start";
    SINGLE_LABEL = "strategy-broken.label", "the label still calls the layout invalid for strategy single, and the GPUs are alike by now: discovery is behind";
    UNREQUESTABLE_NONE = "slices-unrequestable", "no pod can ask for {n} slices: the device plugin's strategy is none";
    UNREQUESTABLE_PART = "slices-unrequestable.part", "no pod can ask for {n} slices: they are smaller than their GPU instance, and stop the device plugin at its next start";
    NEVER_ADVERTISED = "nothing-advertised.never", "a node with GPUs advertises none: the device plugin has not registered";
    GONE_ALL = "nothing-advertised.gone", "all its devices are gone (0 of 0): the device plugin has been away for more than five minutes, or has nothing to give out";
    WITHHELD_ALL = "nothing-advertised", "none of its devices can be given out: the device plugin is gone, or calls all of them unhealthy";
    AMOUNT = "amount", "{resource}: {allocatable} of {capacity} allocatable";
    WITHHELD = "devices-withheld", "some devices cannot be given out: the device plugin calls them unhealthy, or serves them no more";
    LEFT_OVER = "resource-gone", "names of an earlier layout are left over with 0 of 0, until the kubelet starts again: {resources}";
    OVERDRAWN = "pods-above-allocatable", "pods have more than the node can give out: what they hold may be gone, and after a restart they find no place";
    OVER = "over", "{resource}: {requested} asked for, {allocatable} allocatable";
    STARTING = "pods-not-started", "pods that were placed here have not started for long: {n}";
    ENDING = "pods-not-ended", "pods that were to be gone by now keep their devices: {n}";
    REFUSED = "pods-refused", "the kubelet refused pods, as the devices for them were gone: {n}";
    TWO_SIZES = "several-slices-asked.sizes", "container {container} of {pod} asks for {sizes}: a CUDA process sees one MIG device, so the others lie idle";
    SEVERAL_SLICES = "several-slices-asked", "container {container} of {pod} asks for several {sizes}: a CUDA process sees one MIG device, so it takes a process for each";
    UNHEALTHY = "device-unhealthy", "the kubelet calls devices of running pods unhealthy: {n}";
    HEALTH_UNKNOWN = "device-unhealthy.unknown", "the kubelet knows nothing of devices that running pods have: {n}; their plugin is gone, or lists them no more";
    DEVICE_OF = "device-of", "{pod}: {resource} {id}";
    REMADE = "slice-newer-than-pod", "this slice was made at {at}, after {pod} had started: its processes have lost it, and it has to be started again";
    POD_MADE = "pod-made", "pod started {at}";
    AND_MORE = "and-more", "and {n} more";
    POD_ASKS = "pod-asks", "{pod}: {asked}";
    POD_ASKS_SINCE = "pod-asks.since", "{pod}: {asked}, since {at}";
    NOBODY_HAS = "resource-nowhere", "no node has what is asked for: {resources}";
    WAITS = "pods-wait.one", "a pod has waited for GPUs for more than ten minutes";
    WAIT = "pods-wait", "{n} pods have waited for GPUs for more than ten minutes";
    QUOTA = "quota-of-nothing", "the quota limits what no node has: {resources}; what is there is not limited by it";
    EXPORTER_DISAGREES = "exporter-disagrees", "an exporter says this device is {there}'s, and it was given to {here}";
    // services
    FM_NONE = "fabric-manager.none", "this host seems to have NVSwitches and no fabric manager is installed: CUDA does not start without it";
    FM_STOPPED = "fabric-manager.stopped", "{unit} does not run: CUDA does not start on NVSwitch hosts without it";
    FM_VERSION = "fabric-manager.version", "fabric manager is of version {version}, the driver of {driver}: they must be the same";
    CDI = "cdi-stale", "{path} names {gone} MIG devices that are no more and lacks {missing} that are: new containers get the wrong device or none";
    CDI_GONE = "cdi-gone", "gone: {name}";
    CDI_MISSING = "cdi-missing", "missing: {name}";
    // sources
    SOURCE_LATE = "source-late", "{source} has not answered in time: {why}";
    SOURCE_HUNG = "source-hung", "{source} hangs: {why}";
    SOURCE_DOWN = "source-down", "{source} is down: {why}";
    FLOODS = "source-floods", "the probe sends far more than it was asked for: {unread} records were dropped unread, so values may be missing";
    SINCE = "since", "since {since}";
    // xids
    XID_ONCE = "xid", "{family} {code} at {at}: {meaning}; {action}";
    XID_TIMES = "xid.times", "{family} {code} {n} times, last at {at}: {meaning}; {action}";
    XID_ONCE_UNKNOWN = "xid.unknown", "{family} {code} at {at}: no catalogue lists this number";
    XID_TIMES_UNKNOWN = "xid.unknown-times", "{family} {code} {n} times, last at {at}: no catalogue lists this number";
    THEN = "then", "then: {what}";
    XID_PID = "xid-pid", "pid {pid} at that time";
    XID_PROCESS = "xid-process", "pid {pid} {name} at that time";
}
