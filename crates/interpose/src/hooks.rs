//! The three functions of the C library under their own names, for Linux.
//!
//! Each answers for a governed thread itself and passes every other call on to the function that
//! it stands in front of, which the dynamic linker still knows; where there is none (a static
//! program) to the system.

use crate::thread::{Clock, fill, time_ns};
use libc::{c_int, c_uint, c_void, clockid_t, size_t, ssize_t, timespec};
use std::ffi::CStr;
use std::hint::black_box;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The most that `getentropy` gives at once, as the C library has it.
const GETENTROPY_BYTES_MAX: usize = 256;

type ClockGettime = unsafe extern "C" fn(clockid_t, *mut timespec) -> c_int;
type Getrandom = unsafe extern "C" fn(*mut c_void, size_t, c_uint) -> ssize_t;

/// A function of the C library behind one of ours.
struct Behind {
    name: &'static CStr,
    /// Null until it was looked for; `MISSING` when there is none.
    found: AtomicPtr<c_void>,
}

/// Stands for a function that was looked for and does not exist.
const MISSING: *mut c_void = std::ptr::without_provenance_mut(1);

static CLOCK_GETTIME: Behind =
    Behind { name: c"clock_gettime", found: AtomicPtr::new(std::ptr::null_mut()) };
static GETRANDOM: Behind =
    Behind { name: c"getrandom", found: AtomicPtr::new(std::ptr::null_mut()) };

impl Behind {
    fn get(&self) -> Option<*mut c_void> {
        let mut found = self.found.load(Ordering::Relaxed);
        if found.is_null() {
            // SAFETY: the name is a C string, and RTLD_NEXT asks for the definition after ours.
            found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
            if found.is_null() {
                found = MISSING;
            }
            self.found.store(found, Ordering::Relaxed);
        }
        (found != MISSING).then_some(found)
    }
}

/// Makes the linker take these functions: it leaves out objects that nobody refers to.
pub(crate) fn keep() {
    black_box((getrandom as *const (), getentropy as *const (), clock_gettime as *const ()));
}

/// Stands in front of `getrandom(2)`.
///
/// # Safety
///
/// As for the function of the C library: `buffer` can be written for `length` bytes.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn getrandom(
    buffer: *mut c_void,
    length: size_t,
    flags: c_uint,
) -> ssize_t {
    if buffer.is_null() || length == 0 {
        return 0;
    }
    // SAFETY: the caller vouches for the buffer.
    if unsafe { fill_at(buffer, length) } {
        return ssize_t::try_from(length).unwrap_or(ssize_t::MAX);
    }
    match GETRANDOM.get() {
        Some(found) => {
            // SAFETY: the C library's function of this name has this type.
            let behind = unsafe { std::mem::transmute::<*mut c_void, Getrandom>(found) };
            // SAFETY: the caller's own arguments.
            unsafe { behind(buffer, length, flags) }
        }
        // SAFETY: the caller's own arguments, as the system call takes them.
        None => unsafe { libc::syscall(libc::SYS_getrandom, buffer, length, flags) as ssize_t },
    }
}

/// Stands in front of `getentropy(3)`.
///
/// # Safety
///
/// As for the function of the C library: `buffer` can be written for `length` bytes.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn getentropy(buffer: *mut c_void, length: size_t) -> c_int {
    if length > GETENTROPY_BYTES_MAX {
        // SAFETY: the place of this thread's error number can be written.
        unsafe { *libc::__errno_location() = libc::EIO };
        return -1;
    }
    let mut done = 0;
    while done < length {
        // SAFETY: the rest of the caller's buffer.
        let got = unsafe { getrandom(buffer.byte_add(done), length - done, 0) };
        match usize::try_from(got) {
            Ok(0) | Err(_) => return -1,
            Ok(got) => done += got,
        }
    }
    0
}

/// Stands in front of `clock_gettime(2)`. Clocks of processor time are left to the system.
///
/// # Safety
///
/// As for the function of the C library: `time` can be written.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    let asked = match clock {
        libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE | libc::CLOCK_TAI => Some(Clock::Wall),
        libc::CLOCK_MONOTONIC
        | libc::CLOCK_MONOTONIC_COARSE
        | libc::CLOCK_MONOTONIC_RAW
        | libc::CLOCK_BOOTTIME => Some(Clock::Monotonic),
        _ => None,
    };
    if let Some(ns) = asked.and_then(time_ns)
        && !time.is_null()
    {
        // Billions of seconds fit into either type, and what is left is below a billion.
        let (seconds, rest) = (ns / 1_000_000_000, ns % 1_000_000_000);
        let tv_sec = libc::time_t::try_from(seconds).unwrap_or(libc::time_t::MAX);
        let tv_nsec = libc::c_long::try_from(rest).unwrap_or(0);
        // SAFETY: the caller vouches for the place.
        unsafe { time.write(timespec { tv_sec, tv_nsec }) };
        return 0;
    }
    match CLOCK_GETTIME.get() {
        Some(found) => {
            // SAFETY: the C library's function of this name has this type.
            let behind = unsafe { std::mem::transmute::<*mut c_void, ClockGettime>(found) };
            // SAFETY: the caller's own arguments.
            unsafe { behind(clock, time) }
        }
        // SAFETY: the caller's own arguments, as the system call takes them.
        None => unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) as c_int },
    }
}

/// Fills the buffer where this thread is governed.
///
/// # Safety
///
/// `buffer` can be written for `length` bytes.
unsafe fn fill_at(buffer: *mut c_void, length: usize) -> bool {
    // The buffer may hold nothing that could be read, so that it is filled by way of another one.
    let mut bytes = [0; 64];
    let mut done = 0;
    while done < length {
        let part = bytes.len().min(length - done);
        if !fill(&mut bytes[..part]) {
            return false;
        }
        // SAFETY: `done + part` is at most `length`, for which the caller vouches.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.byte_add(done).cast(), part)
        };
        done += part;
    }
    true
}
