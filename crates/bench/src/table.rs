//! Tables, as text for terminals and as Markdown for the documentation.

/// A table with its title and what is worth knowing about it.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) about: String,
    pub(crate) header: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    /// Columns that line up; all but the first two stand to the right where they are numbers.
    pub(crate) fn text(&self) -> String {
        let widths: Vec<usize> = (0..self.header.len()).map(|column| self.width(column)).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let padded: Vec<String> =
                cells.zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            format!("{}\n", padded.join("  ").trim_end())
        };
        let mut out = format!("{}\n\n", self.title);
        out.push_str(&line(&mut self.header.iter().copied()));
        for row in &self.rows {
            out.push_str(&line(&mut row.iter().map(String::as_str)));
        }
        out
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        let cells = cells.chain([self.header[column]]);
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    }

    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut out = format!("## {}\n\n", self.title);
        if !self.about.is_empty() {
            out.push_str(&format!("{}\n\n", self.about));
        }
        out.push_str(&line(&mut self.header.iter().copied()));
        out.push_str(&line(&mut self.header.iter().map(|_| "---")));
        for row in &self.rows {
            out.push_str(&line(&mut row.iter().map(String::as_str)));
        }
        out
    }
}

/// Milliseconds for people, with three digits.
pub(crate) fn ms(ms: f64) -> String {
    match ms {
        ms if ms >= 1_000.0 => format!("{:.2} s", ms / 1_000.0),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 10.0 => format!("{ms:.1} ms"),
        ms if ms >= 1.0 => format!("{ms:.2} ms"),
        ms => format!("{ms:.3} ms"),
    }
}

/// Memory for people.
pub(crate) fn mib(kib: u64) -> String {
    format!("{} MiB", kib.div_ceil(1024))
}

/// How many times more, for people.
pub(crate) fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio >= 100.0 => format!("{ratio:.0}x"),
        ratio if ratio >= 10.0 => format!("{ratio:.1}x"),
        ratio => format!("{ratio:.2}x"),
    }
}

/// A large count for people: `12.3 M`.
pub(crate) fn large(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with three digits")]
    let count = count as f64;
    match count {
        count if count >= 1e9 => format!("{:.2} G", count / 1e9),
        count if count >= 1e6 => format!("{:.2} M", count / 1e6),
        count => format!("{:.1} k", count / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_line_up_and_escape() {
        let rows =
            vec![vec!["a".to_owned(), "1".to_owned()], vec!["b|c".to_owned(), "22".to_owned()]];
        let about = "All of it.".to_owned();
        let table = Table { title: "T", about, header: vec!["name", "n"], rows };
        assert_eq!(table.text(), "T\n\nname  n\na     1\nb|c   22\n");
        let expected =
            "## T\n\nAll of it.\n\n| name | n |\n| --- | --- |\n| a | 1 |\n| b\\|c | 22 |\n";
        assert_eq!(table.markdown(), expected);
    }

    #[test]
    fn figures_have_three_digits() {
        assert_eq!(
            [ms(0.0123), ms(1.5), ms(12.345), ms(123.4), ms(2_345.0)].join(" "),
            "0.012 ms 1.50 ms 12.3 ms 123 ms 2.35 s"
        );
        assert_eq!([times(1.234), times(12.34), times(1234.0)].join(" "), "1.23x 12.3x 1234x");
        assert_eq!(
            [large(1_500), large(2_000_000), large(3_210_000_000)].join(" "),
            "1.5 k 2.00 M 3.21 G"
        );
        assert_eq!(mib(1_025), "2 MiB");
    }
}
