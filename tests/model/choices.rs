//! Where a history's chance comes from: a seed, or the recorded choices of a history that failed, made shorter.

/// A stream of small choices. 0 is always the choice in which nothing happens, so that a history becomes simpler as its
/// choices become smaller and fewer.
pub(crate) struct Choices {
    /// None: the record alone decides.
    chance: Option<fastrand::Rng>,
    made: Vec<u8>,
    next: usize,
}

impl Choices {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { chance: Some(fastrand::Rng::with_seed(seed)), made: Vec::new(), next: 0 }
    }

    /// Repeats recorded choices; after the last of them nothing happens any more.
    pub(crate) fn recorded(made: Vec<u8>) -> Self {
        Self { chance: None, made, next: 0 }
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u8) -> u8 {
        self.draw(bound, |chance| chance.u8(..bound))
    }

    /// True in `thousandths` of a thousand cases.
    pub(crate) fn rarely(&mut self, thousandths: u16) -> bool {
        self.draw(2, |chance| u8::from(chance.u16(..1000) < thousandths)) == 1
    }

    fn draw(&mut self, bound: u8, draw: impl FnOnce(&mut fastrand::Rng) -> u8) -> u8 {
        self.next += 1;
        match &mut self.chance {
            Some(chance) => {
                let choice = draw(chance);
                self.made.push(choice);
                choice
            }
            None => self.made.get(self.next - 1).map_or(0, |choice| (*choice).min(bound - 1)),
        }
    }

    /// The choices made so far.
    pub(crate) fn into_made(self) -> Vec<u8> {
        self.made
    }
}

/// The simplest record of choices that `fails` still holds for, as far as `budget` attempts find it: stretches are left out,
/// set to nothing, and single choices made smaller.
pub(crate) fn shrink(mut made: Vec<u8>, mut budget: usize, fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut attempt = |candidate: Vec<u8>, made: &mut Vec<u8>| {
        if budget == 0 || candidate == *made {
            return false;
        }
        budget -= 1;
        let simpler = fails(&candidate);
        if simpler {
            *made = candidate;
        }
        simpler
    };
    loop {
        let before = made.clone();
        let mut width = made.len().max(1);
        while width > 0 {
            let mut at = 0;
            while at < made.len() {
                let end = (at + width).min(made.len());
                let without = [&made[..at], &made[end..]].concat();
                if attempt(without, &mut made) {
                    continue;
                }
                let mut emptied = made.clone();
                emptied[at..end].fill(0);
                attempt(emptied, &mut made);
                at += width;
            }
            width /= 2;
        }
        for at in 0..made.len() {
            while made.get(at).is_some_and(|choice| *choice > 0) {
                let mut smaller = made.clone();
                smaller[at] -= 1;
                if !attempt(smaller, &mut made) {
                    break;
                }
            }
        }
        if made == before {
            return made;
        }
    }
}

#[test]
fn a_failing_record_is_shrunk_to_what_makes_it_fail() {
    let made: Vec<u8> = (0..200).map(|place| place % 7).collect();
    let shrunk = shrink(made, 10_000, |made| made.iter().filter(|choice| **choice >= 3).count() >= 2);
    assert_eq!(shrunk, [3, 3]);
}
