//! Memory that belongs to the caller in C: the only place where a pointer is followed.
//!
//! The types are transparent over the pointer of the C signature and have no constructor, so a value of one exists only
//! because a C caller passed it for the length of one call. What the header demands of that pointer (valid, aligned,
//! large enough) is the caller's word; what can be checked, null and a stated capacity, is checked here.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_uint};
use std::mem::size_of;

use nvml_sim::ret::{Result, Ret};

/// Where one value goes.
#[repr(transparent)]
pub struct Out<T>(*mut T);

/// A struct that the caller has filled in part and gets back complete.
#[repr(transparent)]
pub struct InOut<T>(*mut T);

/// A struct that is only read.
#[repr(transparent)]
pub struct In<T>(*const T);

/// A character buffer whose length is another parameter.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct TextOut(*mut c_char);

/// A C string.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct TextIn(*const c_char);

/// An array whose length is another parameter, or that "must be large enough".
#[repr(transparent)]
pub struct Array<T>(*mut T);

macro_rules! copied_like_a_pointer {
    ($($name:ident)+) => {$(
        // By hand, since `derive` would ask the same of `T`.
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> Copy for $name<T> {}
    )+};
}

copied_like_a_pointer!(Out InOut In Array);

impl<T> Out<T> {
    /// Writes the value. INVALID_ARGUMENT for a null pointer.
    pub(crate) fn set(self, value: T) -> Result<()> {
        self.present()?;
        // SAFETY: not null; the caller passed it as the place of a `T` that lives through this call.
        unsafe { self.0.write(value) };
        Ok(())
    }

    /// INVALID_ARGUMENT for a null pointer, before anything is done that could not be undone.
    pub(crate) fn present(self) -> Result<()> {
        if self.0.is_null() {
            Err(Ret::INVALID_ARGUMENT)
        } else {
            Ok(())
        }
    }
}

impl<T: Copy> InOut<T> {
    /// Reads what the caller put there. INVALID_ARGUMENT for a null pointer.
    pub(crate) fn get(self) -> Result<T> {
        if self.0.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        // SAFETY: not null; the caller passed it as an initialised `T`, and `T` is a C struct of plain numbers and
        // pointers, for which every bit pattern is a value.
        Ok(unsafe { self.0.read() })
    }

    /// Writes the whole value. INVALID_ARGUMENT for a null pointer.
    pub(crate) fn set(self, value: T) -> Result<()> {
        Out(self.0).set(value)
    }

    /// The same memory, seen as another struct that begins the same way.
    pub(crate) fn cast<U>(self) -> InOut<U> {
        InOut(self.0.cast())
    }

    /// The array that begins at byte `offset` of the struct.
    pub(crate) fn array_at<U>(self, offset: usize) -> Array<U> {
        Array(self.0.wrapping_byte_add(offset).cast())
    }
}

impl<T: Copy> In<T> {
    /// Reads it. INVALID_ARGUMENT for a null pointer.
    pub(crate) fn get(self) -> Result<T> {
        InOut(self.0.cast_mut()).get()
    }
}

impl TextOut {
    /// Writes the text and its terminator. INVALID_ARGUMENT for a null pointer, INSUFFICIENT_SIZE if `length` bytes do
    /// not hold both.
    pub(crate) fn set(self, length: c_uint, text: &str) -> Result<()> {
        if self.0.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        if text.len() >= length as usize {
            return Err(Ret::INSUFFICIENT_SIZE);
        }
        let bytes = self.0.cast::<u8>();
        // SAFETY: not null; the caller says that `length` bytes are there, more than the text has; a Rust string does
        // not overlap the caller's buffer.
        unsafe {
            bytes.copy_from_nonoverlapping(text.as_ptr(), text.len());
            bytes.add(text.len()).write(0);
        }
        Ok(())
    }
}

impl TextIn {
    /// The text. INVALID_ARGUMENT for a null pointer or bytes that are not UTF-8.
    pub(crate) fn get(self) -> Result<String> {
        if self.0.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        // SAFETY: not null; the caller passed it as a terminated string that lives through this call.
        let text = unsafe { CStr::from_ptr(self.0) };
        text.to_str()
            .map(str::to_owned)
            .map_err(|_| Ret::INVALID_ARGUMENT)
    }
}

impl<T> Array<T> {
    /// A null array, with which a caller asks only for the count.
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// Writes all values into an array that the header demands to be large enough. INVALID_ARGUMENT for null.
    pub(crate) fn set(self, values: impl IntoIterator<Item = T>) -> Result<()> {
        if self.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        for (index, value) in values.into_iter().enumerate() {
            // SAFETY: not null; the functions that come here are those whose header text makes the caller provide room
            // for every value, or whose stated capacity was compared with the number of values.
            unsafe { self.0.add(index).write(value) };
        }
        Ok(())
    }
}

impl<T: Copy> Array<T> {
    /// Element `index` of an array that the caller says is longer. INVALID_ARGUMENT for null.
    pub(crate) fn get(self, index: usize) -> Result<T> {
        if self.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        // SAFETY: not null; callers of this method stay below the length that the C caller stated.
        Ok(unsafe { self.0.add(index).read() })
    }

    /// Replaces element `index` of an array that the caller says is longer. INVALID_ARGUMENT for null.
    pub(crate) fn put(self, index: usize, value: T) -> Result<()> {
        if self.is_null() {
            return Err(Ret::INVALID_ARGUMENT);
        }
        // SAFETY: as in `get`.
        unsafe { self.0.add(index).write(value) };
        Ok(())
    }
}

impl<T> From<*mut T> for Array<T> {
    /// The array that a struct of the caller points to.
    fn from(pointer: *mut T) -> Self {
        Self(pointer)
    }
}

/// Writes `values` where `count` holds the capacity and gets the number: the protocol of process lists.
///
/// INVALID_ARGUMENT without `count`, or without `array` where there is something to write; INSUFFICIENT_SIZE with the
/// number needed in `count` if the capacity is less.
pub(crate) fn fill<T>(array: Array<T>, count: InOut<c_uint>, values: Vec<T>) -> Result<()> {
    let capacity = count.get()? as usize;
    count.set(values.len() as c_uint)?;
    if values.len() > capacity {
        return Err(Ret::INSUFFICIENT_SIZE);
    }
    if values.is_empty() {
        Ok(())
    } else {
        array.set(values)
    }
}

/// A text in a fixed array of a C struct, cut to fit and terminated.
pub(crate) fn chars<const N: usize>(text: &str) -> [c_char; N] {
    const { assert!(size_of::<c_char>() == 1 && N > 0) };
    let mut array = [0; N];
    for (place, byte) in array[..N - 1].iter_mut().zip(text.bytes()) {
        *place = byte as c_char;
    }
    array
}
