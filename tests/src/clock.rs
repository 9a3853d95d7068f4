//! A time zone in which no test sees midnight.

use std::time::{SystemTime, UNIX_EPOCH};

/// TZ for a test that goes by today and yesterday: there it is about noon now.
pub fn noon() -> String {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let hour = since_1970.expect("it is later").as_secs() / 3600 % 24;
    // POSIX counts the hours to the west of Greenwich.
    format!("NOON{:+}", hour.cast_signed() - 12)
}
