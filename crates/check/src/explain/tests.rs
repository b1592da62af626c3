//! What this module must do, on histories whose core is known.
