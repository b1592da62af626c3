//! Who joins and leaves in a run.

use super::dice::Dice;
use super::{FAULTS_MAX, START_MS};
use crate::{Config, Draw, Family, Fault, PlannedFault, When};

/// Changes of the group in a run, at most.
const CHANGES_MAX: u64 = 4;

/// The changes of a run whose last step is taken at `last_ms`: first somebody joins; after that
/// somebody leaves or one more joins, often soon, and there are never fewer members than at the beginning. Some of
/// those who join crash soon after.
pub(super) fn members(draw: &Draw, config: &Config, last_ms: u64) -> Vec<PlannedFault> {
    let family = Family::Membership as u64;
    let mut members = config.node_names();
    let (few, mut next) = (members.len(), config.nodes);
    let (mut faults, mut at_ms) = (Vec::new(), START_MS);
    let count = draw.between(2, CHANGES_MAX, "changes", &[family]);
    // The last change has time to be seen.
    let span_ms = last_ms * 3 / 4 / count;
    for number in 0..count {
        let dice = Dice { draw, ids: [family, number] };
        let from_ms = START_MS + number * span_ms;
        let id = |number: u64| u32::try_from(family * FAULTS_MAX + number).unwrap_or(u32::MAX);
        let leaves = members.len() > few && dice.below(4, "leave") > 0;
        // Half of those who leave are replaced: they go soon after another has come.
        at_ms = match leaves && dice.below(2, "soon") == 0 {
            true => at_ms + dice.between(1, 50, "soon after").min(span_ms),
            false => dice.between(from_ms, from_ms + span_ms.saturating_sub(1), "at"),
        };
        let fault = if leaves {
            let at = dice.below(members.len(), "who");
            Fault::Leave { node: members.remove(at) }
        } else {
            next += 1;
            let node = format!("n{next}");
            members.push(node.clone());
            if dice.below(3, "crash") == 0 {
                let when = When::AtMs(at_ms + dice.between(5, 150, "crash at"));
                let lasts_ms = Some(dice.between(50, 300, "crash lasts"));
                let fault = Fault::Crash { node: node.clone() };
                faults.push(PlannedFault { id: id(CHANGES_MAX + number), when, lasts_ms, fault });
            }
            Fault::Join { node }
        };
        faults.push(PlannedFault {
            id: id(number),
            when: When::AtMs(at_ms),
            lasts_ms: None,
            fault,
        });
    }
    faults
}

/// The fewest members that a group of so many nodes ever has, in the order of the plan.
pub(super) fn fewest(faults: &[PlannedFault], nodes: u16) -> u16 {
    let mut changes: Vec<(u64, u32, bool)> = faults
        .iter()
        .filter_map(|planned| {
            let (_, joins) = planned.fault.membership()?;
            Some((planned.at_ms(), planned.id, joins))
        })
        .collect();
    changes.sort_unstable();
    let (mut now, mut fewest) = (nodes, nodes);
    for (_, _, joins) in changes {
        now = if joins { now.saturating_add(1) } else { now.saturating_sub(1) };
        fewest = fewest.min(now);
    }
    fewest
}
