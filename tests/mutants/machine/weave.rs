//! Weaves all mutants of a file into it, each asleep until its number is called: *mutant schemata*
//! (Untch, Offutt, Harrold, ISSTA 1993). One build then serves for all mutants, where planting them
//! one by one takes a build for each.
//!
//! `a < b` with the mutants 7 and 8 becomes
//! `(if on(7) { a == b } else if on(8) { a <= b } else { a < b })`. Only one mutant wakes at a time, so
//! its own text is the plain one: what is woven grows by depth, not exponentially.

use crate::list::{Genre, Mutant};
use std::collections::BTreeMap;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A mutant of a file with its number.
pub(crate) type Numbered<'m> = (u32, &'m Mutant);

/// What was woven, and the mutants for which no place was found.
pub(crate) struct Woven {
    pub(crate) text: String,
    pub(crate) lost: Vec<u32>,
}

/// Weaves `mutants` into `text`.
pub(crate) fn weave(text: &str, mutants: &[Numbered<'_>]) -> Woven {
    let lines = Lines::of(text);
    let mut at = BTreeMap::<(Genre, usize), Vec<Numbered<'_>>>::new();
    for &(number, mutant) in mutants {
        let place = lines.offset(mutant.span.start.line, mutant.span.start.column);
        at.entry((mutant.genre, place)).or_default().push((number, mutant));
    }
    let mut finder = Finder { text, at, sites: Vec::new(), exhaustive: Vec::new() };
    finder.visit_file(&syn::parse_file(text).expect("a file of Rust"));
    let mut sites = finder.sites;
    // Outer sites first; an insertion (of no length) before what begins there.
    sites.sort_by_key(|site| {
        let length = site.range.len();
        (site.range.start, length != 0, usize::MAX - length, site.inner)
    });
    let lost = finder.at.values().flatten().map(|&(number, _)| number).collect();
    Woven { text: Loom { text }.range(0..text.len(), &sites), lost }
}

/// Where lines begin.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Lines<'t> {
        let breaks = text.match_indices('\n').map(|(place, _)| place + 1);
        Lines { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The byte at a line and column, both counted from 1, columns in characters.
    fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.starts[line - 1];
        let line = self.text[start..].chars();
        start + line.take(column - 1).map(char::len_utf8).sum::<usize>()
    }
}

/// A place with mutants.
struct Site {
    range: Range<usize>,
    /// Of two sites with the same range, the one with the lower number is around the other.
    inner: u8,
    kind: Kind,
}

enum Kind {
    /// A text before the body of a function that leaves it at once.
    Body(Vec<(u32, String)>),
    /// The body of a function that returns some iterator: the values are of other types, so that
    /// all of them go into boxes.
    Opaque(Vec<(u32, String)>),
    /// An expression, and the texts that take its place.
    Expression(Vec<(u32, String)>),
    /// The guard of an arm: its alternatives, and the mutant without the arm.
    Guard { instead: Vec<(u32, String)>, no_arm: Option<u32> },
    /// An arm without a guard gets one.
    Arm(u32),
}

struct Finder<'t, 'm> {
    text: &'t str,
    at: BTreeMap<(Genre, usize), Vec<Numbered<'m>>>,
    sites: Vec<Site>,
    /// For each `match` around: whether an arm takes everything, so that others may go.
    exhaustive: Vec<bool>,
}

impl Finder<'_, '_> {
    fn take(&mut self, genre: Genre, place: usize) -> Vec<(u32, String)> {
        let found = self.at.remove(&(genre, place)).unwrap_or_default();
        found.into_iter().map(|(number, mutant)| (number, mutant.replacement.clone())).collect()
    }

    fn body(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let Some((first, last)) = block.stmts.first().zip(block.stmts.last()) else { return };
        let (start, end) = (first.span().byte_range().start, last.span().byte_range().end);
        let values = self.take(Genre::FnValue, start);
        if values.is_empty() {
            return;
        }
        let (range, kind) = if opaque(&signature.output) {
            // What is leaked is `&mut`, and an item that is a reference is `&`: not so in a box.
            let shared = |value: String| value.replace("Box::leak", "&*Box::leak");
            let values = values.into_iter().map(|(number, value)| (number, shared(value)));
            (start..end, Kind::Opaque(values.collect()))
        } else {
            (start..start, Kind::Body(values))
        };
        self.sites.push(Site { range, inner: 0, kind });
    }

    fn expression(&mut self, range: Range<usize>, instead: Vec<(u32, String)>) {
        if !instead.is_empty() {
            self.sites.push(Site { range, inner: 1, kind: Kind::Expression(instead) });
        }
    }

    /// `whole` with other text in the place of `part`.
    fn instead(&self, whole: &Range<usize>, part: &Range<usize>, text: &str) -> String {
        let (before, after) = (whole.start..part.start, part.end..whole.end);
        format!("{}{text}{}", &self.text[before], &self.text[after])
    }

    /// A field of a struct with the comma behind it.
    fn with_comma(&self, field: Range<usize>) -> Range<usize> {
        let comma = self.text[field.end..].find(',').map_or(0, |comma| comma + 1);
        field.start..field.end + comma
    }
}

/// Whether a pattern takes everything: `_` or a name (`None` is an upper-case one).
fn takes_all(pattern: &syn::Pat) -> bool {
    match pattern {
        syn::Pat::Wild(_) => true,
        syn::Pat::Ident(name) => name.ident.to_string().starts_with(char::is_lowercase),
        _ => false,
    }
}

/// Whether a function returns `impl Trait`.
fn opaque(output: &syn::ReturnType) -> bool {
    matches!(output, syn::ReturnType::Type(_, of) if matches!(**of, syn::Type::ImplTrait(_)))
}

/// Whether an expression is a condition with `let` in it: those take no parentheses.
fn binds(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => binds(&binary.left) || binds(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Finder<'_, '_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.body(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.body(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let operator = binary.op.span().byte_range();
        if !binds(&binary.left) && !binds(&binary.right) {
            let whole = binary.span().byte_range();
            let found = self.take(Genre::BinaryOperator, operator.start);
            let instead = found.into_iter();
            let instead = instead.map(|(n, text)| (n, self.instead(&whole, &operator, &text)));
            let instead = instead.collect();
            self.expression(whole, instead);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let operator = unary.op.span().byte_range();
        let found = self.take(Genre::UnaryOperator, operator.start);
        let whole = unary.span().byte_range();
        let instead = found.into_iter();
        let instead = instead.map(|(n, text)| (n, self.instead(&whole, &operator, &text)));
        let instead = instead.collect();
        self.expression(whole, instead);
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_struct(&mut self, expression: &'ast syn::ExprStruct) {
        let whole = expression.span().byte_range();
        let mut instead = Vec::new();
        for field in &expression.fields {
            let range = field.span().byte_range();
            for (number, _) in self.take(Genre::StructField, range.start) {
                let range = self.with_comma(range.clone());
                instead.push((number, self.instead(&whole, &range, "")));
            }
        }
        self.expression(whole, instead);
        visit::visit_expr_struct(self, expression);
    }

    fn visit_expr_match(&mut self, expression: &'ast syn::ExprMatch) {
        let all = |arm: &syn::Arm| arm.guard.is_none() && takes_all(&arm.pat);
        self.exhaustive.push(expression.arms.iter().any(all));
        visit::visit_expr_match(self, expression);
        self.exhaustive.pop();
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let no_arm = match self.exhaustive.last() {
            Some(true) => self.take(Genre::MatchArm, arm.pat.span().byte_range().start),
            _ => Vec::new(),
        };
        let no_arm = no_arm.first().map(|&(number, _)| number);
        let end = arm.pat.span().byte_range().end;
        if let Some((_, guard)) = &arm.guard {
            let range = guard.span().byte_range();
            let instead = self.take(Genre::MatchArmGuard, range.start);
            if no_arm.is_some() || !instead.is_empty() {
                let kind = Kind::Guard { instead, no_arm };
                self.sites.push(Site { range, inner: 0, kind });
            }
        } else if let Some(number) = no_arm {
            self.sites.push(Site { range: end..end, inner: 0, kind: Kind::Arm(number) });
        }
        visit::visit_arm(self, arm);
    }
}

/// Writes the woven text.
struct Loom<'t> {
    text: &'t str,
}

impl Loom<'_> {
    /// The text of `range`, with the sites in it.
    fn range(&self, range: Range<usize>, sites: &[Site]) -> String {
        let (mut woven, mut at, mut next) = (String::new(), range.start, 0);
        while let Some(site) = sites.get(next) {
            let inside = |other: &&Site| {
                site.range.start <= other.range.start && other.range.end <= site.range.end
            };
            let within = sites[next + 1..].iter().take_while(inside).count();
            woven.push_str(&self.text[at..site.range.start]);
            woven.push_str(&self.site(site, &sites[next + 1..next + 1 + within]));
            at = site.range.end;
            next += 1 + within;
        }
        woven + &self.text[at..range.end]
    }

    fn site(&self, site: &Site, within: &[Site]) -> String {
        let plain = self.range(site.range.clone(), within);
        match &site.kind {
            Kind::Body(values) => {
                let leave = values.iter().map(|(number, value)| {
                    marked(*number, &format!("if {} {{ return {value}; }}", on(*number)))
                });
                leave.collect::<String>() + &plain
            }
            Kind::Opaque(values) => {
                let boxed = |text: &str| format!("Box::new({{ {text} }})");
                let values = values.iter().map(|(number, value)| (*number, boxed(value)));
                let chosen = choice(&values.collect::<Vec<_>>(), &boxed(&plain));
                format!("let woven: Box<dyn Iterator<Item = _> + '_> = {chosen}; woven")
            }
            Kind::Expression(instead) => format!("({})", choice(instead, &plain)),
            Kind::Guard { instead, no_arm } => {
                let guard = match instead.is_empty() {
                    true => plain,
                    false => format!("({})", choice(instead, &plain)),
                };
                let there = no_arm.map(|number| marked(number, &format!("!{} &&", on(number))));
                there.unwrap_or_default() + &guard
            }
            Kind::Arm(number) => marked(*number, &format!(" if !{}", on(*number))),
        }
    }
}

/// `if on(7) { … } else if on(8) { … } else { plain }`.
fn choice(instead: &[(u32, String)], plain: &str) -> String {
    let ways = instead
        .iter()
        .map(|(number, text)| marked(*number, &format!("if {} {{ {text} }} else ", on(*number))));
    ways.collect::<String>() + "{ " + plain + " }"
}

fn on(number: u32) -> String {
    format!("crate::mutant::on({number})")
}

/// The text of a mutant between marks, by which an error of the compiler is known as its own.
fn marked(number: u32, text: &str) -> String {
    format!("/*<{number}*/{text}/*>{number}*/")
}

/// The mutants around or in a range of a woven text.
pub(crate) fn owners(woven: &str, range: &Range<usize>) -> Vec<u32> {
    let mut owners = Vec::new();
    for (start, _) in woven.match_indices("/*<") {
        let number = woven[start + 3..].split('*').next().unwrap_or_default();
        let end = woven[start..].find(&format!("/*>{number}*/")).map_or(start, |end| start + end);
        if start < range.end && range.start < end {
            owners.extend(number.parse::<u32>());
        }
    }
    owners
}
