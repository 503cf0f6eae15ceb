//! Field values: many readings in one call, each with its own return code.

use std::ffi::c_int;

use nvml_sim::driver::FieldNumber;
use nvml_sim::ret::Ret;
use nvml_wrapper_sys::bindings::{nvmlFieldValue_t, nvmlValue_t, nvmlValueType_t};

use crate::handle::Device;
use crate::memory::Array;

const UNSIGNED_INT: nvmlValueType_t = 1;
const UNSIGNED_LONG_LONG: nvmlValueType_t = 3;

exports! {
    /// Fills in the fields whose ids the entries carry.
    fn nvmlDeviceGetFieldValues(device: Device, count: c_int, fields: Array<nvmlFieldValue_t>) = |nvml| {
        let device = device.find(nvml)?;
        let count = usize::try_from(count).map_err(|_| Ret::INVALID_ARGUMENT)?;
        if fields.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        nvml.enter("nvmlDeviceGetFieldValues", Some(device.gpu()))?;
        for index in 0..count {
            let mut field = fields.get(index)?;
            match nvml.field(device, field.fieldId, field.scopeId) {
                Ok(reading) => {
                    (field.valueType, field.value) = number(reading.value);
                    field.timestamp = reading.timestamp_us;
                    field.latencyUsec = 0;
                    field.nvmlReturn = Ret::SUCCESS.0;
                }
                Err(Ret(code)) => field.nvmlReturn = code,
            }
            fields.put(index, field)?;
        }
        Ok(())
    };
}

/// The type that NVML names and the value; the unused bytes of the union are zero, as in a cleared C union.
fn number(value: FieldNumber) -> (nvmlValueType_t, nvmlValue_t) {
    match value {
        FieldNumber::U32(value) => (
            UNSIGNED_INT,
            nvmlValue_t {
                ullVal: value.into(),
            },
        ),
        FieldNumber::U64(value) => (UNSIGNED_LONG_LONG, nvmlValue_t { ullVal: value }),
    }
}
