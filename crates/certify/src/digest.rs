//! A digest of a history: which history a certificate is about.
//!
//! It covers everything that a verdict may depend on and nothing else: the model with its
//! parameters, every operation with its process, ranks, times, question and answer, `quiet_from`,
//! and what nodes told. It does not cover how the file was written (its format, compression, order
//! of keys), texts of errors, faults or messages, so that a converted file keeps its certificates.

use std::fmt::Write as _;
use testimony_history::{History, Operation, Outcome, Rank};
use testimony_model::Model;

/// What the digest begins with: names the hash function.
const PREFIX: &str = "blake3:";

/// The digest of a history under a model: `blake3:` and 64 hexadecimal digits.
///
/// The hashed text is UTF-8, a line for each thing, every line a JSON array: the model's name and
/// parameters; then each operation by id as
/// `[id,process,call,return,call_ns,return_ns,outcome,name,value,answer]`, where the return is null
/// when there was none and the last three are what the model writes to files; then `quiet_from`
/// and each observation.
pub fn digest<M: Model>(model: &M, history: &History<M::Op, M::Ret>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut line = String::new();
    let params = model.params();
    let _ = writeln!(line, "[{},{}]", text(M::NAME), params.as_deref().unwrap_or("null"));
    for operation in &history.operations {
        write_operation(&mut line, model, operation);
        // Whole chunks hash faster than lines.
        if line.len() >= 1 << 16 {
            hasher.update(line.as_bytes());
            line.clear();
        }
    }
    let quiet = history.quiet_from.map_or_else(|| "null".to_owned(), |rank| rank.0.to_string());
    let _ = writeln!(line, "[\"quiet_from\",{quiet}]");
    for told in &history.observations {
        let (node, name) = (text(&told.node), text(&told.name));
        let (rank, time, value) = (told.rank.0, told.time_ns, &told.value);
        let _ = writeln!(line, "[\"observed\",{rank},{time},{node},{name},{value}]");
    }
    hasher.update(line.as_bytes());
    format!("{PREFIX}{}", hasher.finalize().to_hex())
}

fn write_operation<M: Model>(out: &mut String, model: &M, operation: &Operation<M::Op, M::Ret>) {
    let Operation { id, process, op, outcome, call, ret, call_ns, ret_ns } = operation;
    let _ = write!(out, "[{},{},{},", id.0, process.0, call.0);
    let _ = match ret {
        &Rank::NEVER => write!(out, "null"),
        rank => write!(out, "{}", rank.0),
    };
    let _ = write!(out, ",{call_ns},{ret_ns},");
    let (name, written) = match outcome {
        Outcome::Ok(ret) => ("ok", model.write_ret(op, ret)),
        Outcome::Fail(_) => ("fail", model.write_op(op)),
        Outcome::Info(_) => ("info", model.write_op(op)),
    };
    // A comparison that did not match is an answer, and not the same as one that did.
    let name = if written.mismatch { "mismatch" } else { name };
    let answer = written.ret.as_deref().unwrap_or("null");
    let _ = writeln!(out, "\"{name}\",{},{},{answer}]", text(&written.f), written.value);
}

/// A text as JSON; texts cannot fail to be written.
fn text(words: &str) -> String {
    serde_json::to_string(words).unwrap_or_default()
}
