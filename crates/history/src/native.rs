//! The native format: a header line, then one JSON object a line for each event.
