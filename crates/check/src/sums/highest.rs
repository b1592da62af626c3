//! The highest of many values, while the first so many of them are raised.

/// Values by place, in a flat tree. Each change is O(log n).
pub(super) struct Highest {
    size: usize,
    /// For each node the highest value below it, with what was added to the whole of it.
    highest: Vec<Option<i128>>,
    added: Vec<i128>,
}

impl Highest {
    /// So many places, without values.
    pub(super) fn new(places: usize) -> Highest {
        let size = places.next_power_of_two();
        Highest { size, highest: vec![None; 2 * size], added: vec![0; 2 * size] }
    }

    /// Gives a place its value. No place from this one on may have been raised before.
    pub(super) fn set(&mut self, place: usize, value: i128) {
        let mut node = place + self.size;
        self.highest[node] = Some(value);
        while node > 1 {
            node /= 2;
            self.rebuild(node);
        }
    }

    /// Adds to the values of the places before this one.
    pub(super) fn raise(&mut self, before: usize, by: i128) {
        if before >= self.size {
            return self.apply(1, by);
        }
        let mut node = before + self.size;
        while node > 1 {
            if node % 2 == 1 {
                self.apply(node - 1, by);
            }
            node /= 2;
            self.rebuild(node);
        }
    }

    /// The highest value.
    pub(super) fn highest(&self) -> Option<i128> {
        self.highest[1]
    }

    fn apply(&mut self, node: usize, by: i128) {
        if let Some(highest) = &mut self.highest[node] {
            *highest += by;
        }
        self.added[node] += by;
    }

    fn rebuild(&mut self, node: usize) {
        let below = self.highest[2 * node].max(self.highest[2 * node + 1]);
        self.highest[node] = below.map(|value| value + self.added[node]);
    }
}
