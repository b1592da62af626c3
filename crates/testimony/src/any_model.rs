//! Models behind one face, so that a command line can judge a history by the name of its model.

use crate::marks::marks;
use crate::{Claim, JudgeOptions, judge_verified};
use std::collections::BTreeMap;
use testimony_certify::{Accepted, CertificateFile, Claimed, Rejected, digest, verify_claimed};
use testimony_check::Forecast;
use testimony_history::{Events, FaultEvent, Header, Problems, Read, ReadOptions, read};
use testimony_journal::Mark;
use testimony_model::{Model, Words};
use testimony_verdict::{Judgement, Level, Property};

/// A model by which recorded histories can be judged.
pub trait AnyModel: Send + Sync {
    /// Its name in files and on the command line.
    fn name(&self) -> &'static str;

    /// One line: what it is and which operations it has.
    fn summary(&self) -> &str;

    /// The properties by which its histories can be judged; the first is the default.
    fn properties(&self) -> Vec<Property>;

    /// The property of this name: one of those listed, or one with a parameter in its name, such as
    /// `bounded-staleness:250ms`.
    fn property(&self, name: &str) -> Option<Property> {
        self.properties().into_iter().find(|property| property.name() == name)
    }

    /// Reads a history. The header, where there is one, gives the model's parameters.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, with lines.
    fn read(
        &self,
        events: &mut dyn Events,
        header: Option<&Header>,
        options: &ReadOptions,
    ) -> Result<Box<dyn AnyHistory>, Problems>;
}

/// A history that was read, ready to be judged.
pub trait AnyHistory: Send {
    /// How many operations it has.
    fn operations(&self) -> usize;

    /// What the nemesis did, where the file says so.
    fn faults(&self) -> &[FaultEvent];

    /// What is worth knowing about the reading (a cut last line, say).
    fn notes(&self) -> &[String];

    /// Judges it; every verdict has passed the verifier.
    fn judge(&self, options: &JudgeOptions) -> Judgement;

    /// What is known of it before it is judged for linearizability: counts, engines, an estimate of
    /// the cost.
    ///
    /// # Errors
    ///
    /// It cannot be judged at all; says why.
    fn forecast(&self) -> Result<Forecast, String>;

    /// The certificates of a judgement on this history, for a file.
    fn certificate(&self, judgement: &Judgement) -> CertificateFile;

    /// Its operations for a message journal.
    fn marks(&self) -> Vec<Mark>;

    /// Checks the certificates of a file against this history: the verifier alone, no engine runs.
    /// An answer for each property by its name.
    ///
    /// # Errors
    ///
    /// The certificate is about another history: nothing of it was checked.
    fn verify(&self, file: CertificateFile) -> Result<Verified, Rejected>;
}

/// What the verifier says of the certificates of a file, by property.
pub type Verified = BTreeMap<String, Result<Accepted, Rejected>>;

/// A model with its claims: what makes an [`AnyModel`] of a [`Model`].
pub struct ModelEntry<M: Model> {
    model: M,
    summary: &'static str,
    claims: Vec<Claim<M>>,
    named: Named<M>,
}

/// The claim that a name with a parameter stands for.
type Named<M> = fn(&str) -> Option<Claim<M>>;

impl<M: Model> ModelEntry<M> {
    /// A model whose histories can be judged for linearizability.
    pub fn new(model: M, summary: &'static str) -> ModelEntry<M> {
        ModelEntry { model, summary, claims: vec![Claim::linearizable()], named: |_| None }
    }

    /// Adds every other level: for registers and maps of them.
    pub fn levels(mut self) -> ModelEntry<M> {
        let others = Level::ALL.iter().filter(|level| **level != Level::Linearizable);
        self.claims.extend(others.map(|level| Claim::level(*level)));
        self
    }

    /// Adds an invariant.
    pub fn claim(mut self, claim: Claim<M>) -> ModelEntry<M> {
        self.claims.push(claim);
        self
    }

    /// Adds an invariant by which histories are judged when nothing else is asked for.
    pub fn default_claim(mut self, claim: Claim<M>) -> ModelEntry<M> {
        self.claims.insert(0, claim);
        self
    }

    /// Adds invariants with a parameter in their name.
    pub fn claims_named(self, named: fn(&str) -> Option<Claim<M>>) -> ModelEntry<M> {
        ModelEntry { named, ..self }
    }
}

impl<M: Model> AnyModel for ModelEntry<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn summary(&self) -> &str {
        self.summary
    }

    fn properties(&self) -> Vec<Property> {
        self.claims.iter().map(Claim::property).collect()
    }

    fn property(&self, name: &str) -> Option<Property> {
        let listed = self.claims.iter().map(Claim::property).find(|known| known.name() == name);
        listed.or_else(|| (self.named)(name).map(|claim| claim.property()))
    }

    fn read(
        &self,
        events: &mut dyn Events,
        header: Option<&Header>,
        options: &ReadOptions,
    ) -> Result<Box<dyn AnyHistory>, Problems> {
        let model = match header.and_then(|header| header.params.as_ref()) {
            None => self.model.clone(),
            Some(params) => self.model.with_params(params.get()).map_err(|what| {
                let mut problems = Problems::default();
                problems.push(1, format!("params: {what}"));
                problems
            })?,
        };
        let read = read(events, &Words(&model), options);
        if !read.problems.is_empty() {
            return Err(read.problems);
        }
        Ok(Box::new(OneHistory { model, claims: self.claims.clone(), named: self.named, read }))
    }
}

struct OneHistory<M: Model> {
    model: M,
    claims: Vec<Claim<M>>,
    named: Named<M>,
    read: Read<M::Op, M::Ret>,
}

impl<M: Model> AnyHistory for OneHistory<M> {
    fn operations(&self) -> usize {
        self.read.history.operations.len()
    }

    fn faults(&self) -> &[FaultEvent] {
        &self.read.faults
    }

    fn notes(&self) -> &[String] {
        &self.read.notes
    }

    fn judge(&self, options: &JudgeOptions) -> Judgement {
        let asked = &options.properties;
        let claims: Vec<_> = match asked.is_empty() {
            true => self.claims.iter().take(1).cloned().collect(),
            false => {
                let named = self.claims.iter().filter(|claim| asked.contains(&claim.property()));
                let listed: Vec<_> = named.cloned().collect();
                let more = asked
                    .iter()
                    .filter(|asked| self.claims.iter().all(|claim| claim.property() != **asked));
                let more = more.filter_map(|asked| (self.named)(asked.name()));
                listed.into_iter().chain(more).collect()
            }
        };
        judge_verified(&self.model, &self.read.history, &claims, options)
    }

    fn forecast(&self) -> Result<Forecast, String> {
        testimony_check::forecast(&self.model, &self.read.history)
    }

    fn certificate(&self, judgement: &Judgement) -> CertificateFile {
        CertificateFile::new(M::NAME, digest(&self.model, &self.read.history), judgement)
    }

    fn marks(&self) -> Vec<Mark> {
        marks(&self.model, &self.read.history)
    }

    fn verify(&self, file: CertificateFile) -> Result<Verified, Rejected> {
        if file.model != M::NAME {
            return Err(Rejected::OtherHistory(format!("of model `{}`", file.model)));
        }
        let operations = self.read.history.operations.len();
        if file.operations != operations {
            let what = format!("with {} operations; this one has {operations}", file.operations);
            return Err(Rejected::OtherHistory(what));
        }
        let digest = digest(&self.model, &self.read.history);
        if file.digest != digest {
            let what = format!("with the digest {}; this one has {digest}", file.digest);
            return Err(Rejected::OtherHistory(what));
        }
        let checked = file.properties.into_iter().map(|(name, claimed)| {
            let checked = self.verify_one(&name, claimed);
            (name, checked)
        });
        Ok(checked.collect())
    }
}

impl<M: Model> OneHistory<M> {
    /// Checks what is claimed of the property of this name: of one of the model's claims, or of
    /// another level of consistency.
    fn verify_one(&self, name: &str, claimed: Claimed) -> Result<Accepted, Rejected> {
        let claim = self.claims.iter().find(|claim| claim.property().name() == name);
        let claim = claim.cloned().or_else(|| (self.named)(name));
        let property = claim.as_ref().map(Claim::property);
        let property = property.or_else(|| name.parse().ok().map(Property::Level));
        let Some(property) = property else {
            return Ok(Accepted::Undecided("this program does not know the property".to_owned()));
        };
        let again = claim.as_ref().and_then(Claim::again);
        verify_claimed(&self.model, &self.read.history, &property, again, claimed)
    }
}
