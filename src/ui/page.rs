//! A page of text being written: headings, paragraphs and labelled lines, wrapped to its width.

use super::{
    theme::{Mark, Theme, Tone},
    words::{hang, pad, width},
};

/// The narrowest page written for.
const NARROWEST: usize = 40;

/// Text under construction.
#[derive(Debug)]
pub struct Page {
    theme: Theme,
    width: usize,
    lines: Vec<String>,
}

impl Page {
    /// An empty page of `width` columns, never less than 40.
    #[must_use]
    pub fn new(theme: Theme, width: usize) -> Self {
        Self { theme, width: width.max(NARROWEST), lines: Vec::new() }
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.lines.push(String::new());
    }

    /// An empty line, unless the page is empty, and a heading.
    pub fn heading(&mut self, tone: Tone, text: &str) {
        if !self.lines.is_empty() {
            self.blank();
        }
        self.put(tone, "", text);
    }

    /// `text` after `first`, wrapped between words; further lines stand beneath the beginning of `text`.
    pub fn put(&mut self, tone: Tone, first: &str, text: &str) {
        let lines = hang(first, text, width(first), self.width);
        self.lines.extend(lines.iter().map(|line| self.theme.paint(tone, line)));
    }

    /// A shell command, broken between words, but never within single quotes, so that it can be copied as it stands.
    pub fn command(&mut self, indent: usize, command: &str) {
        // Two columns are the further indentation's, two the continuation's.
        let columns = self.width.saturating_sub(indent + 4);
        let mut lines: Vec<String> = Vec::new();
        for word in shell_words(command) {
            match lines.last_mut() {
                Some(line) if width(line) + 1 + width(word) <= columns => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        for (number, line) in lines.iter().enumerate() {
            let further = if number == 0 { "" } else { "  " };
            let more = if number + 1 < lines.len() { " \\" } else { "" };
            let text = format!("{}{further}{line}{more}", " ".repeat(indent));
            self.lines.push(self.theme.paint(Tone::Strong, &text));
        }
    }

    /// `text` after a label of `columns` columns.
    pub fn field(&mut self, label: &str, columns: usize, text: &str) {
        let label = if width(label) < columns { pad(label, columns) } else { format!("{label}  ") };
        self.put(Tone::Plain, &format!("  {label}"), text);
    }

    /// `text` after a mark and a label of `columns` columns.
    pub fn marked(&mut self, mark: Mark, tone: Tone, label: &str, columns: usize, text: &str) {
        let label = format!("{}  ", pad(label, columns));
        // The mark has a colour of its own, so it is set before the line is painted.
        let sign = width(self.theme.mark(mark)) + 3;
        let lines = hang(&label, text, width(&label), self.width.saturating_sub(sign));
        for (number, line) in lines.iter().enumerate() {
            let start = if number == 0 { format!("  {} ", self.theme.painted_mark(mark)) } else { " ".repeat(sign) };
            self.lines.push(format!("{start}{}", self.theme.paint(tone, line)));
        }
    }

    /// The text, each line ended.
    #[must_use]
    pub fn finish(self) -> String {
        self.lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }
}

/// The words of a shell command, with their quotes.
fn shell_words(command: &str) -> Vec<&str> {
    let mut quoted = false;
    let between = |character: char| {
        quoted ^= character == '\'';
        character == ' ' && !quoted
    };
    command.split(between).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_not_broken() {
        let mut page = Page::new(Theme::plain(), 40);
        page.command(2, "aws rds add-tags-to-resource --tags 'Key=a note,Value=more than one word, and long'");
        insta::assert_snapshot!(page.finish(), @r"
          aws rds add-tags-to-resource \
            --tags \
            'Key=a note,Value=more than one word, and long'
        ");
    }

    #[test]
    fn a_command_is_broken_the_way_a_shell_reads_on() {
        let mut page = Page::new(Theme::plain(), 40);
        page.command(4, "aws secretsmanager describe-secret --secret-id prod/loans/db --region eu-west-1");
        insta::assert_snapshot!(page.finish(), @r"
        aws secretsmanager \
          describe-secret --secret-id \
          prod/loans/db --region eu-west-1
        ");
    }

    #[test]
    fn a_label_never_touches_its_text() {
        let mut page = Page::new(Theme::plain(), 40);
        page.field("exactly", 7, "text");
        assert_eq!(page.finish(), "  exactly  text\n");
    }

    #[test]
    fn everything_is_wrapped_beneath_its_own_beginning() {
        let mut page = Page::new(Theme::plain(), 10);
        page.heading(Tone::Heading, "Title");
        page.field("label", 7, "a text that is longer than one line of the page");
        page.heading(Tone::Heading, "Second");
        page.marked(Mark::Done, Tone::Plain, "check", 6, "another text that is longer than one line");
        page.put(
            Tone::Plain,
            "  at ",
            "loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com:5432 it stays whole",
        );
        insta::assert_snapshot!(page.finish(), @"
        Title
          label  a text that is longer than one
                 line of the page

        Second
          + check   another text that is longer
                    than one line
          at loanserve-prod-aurora.cluster-c1.eu-west-1.rds.amazonaws.com:5432
             it stays whole
        ");
    }
}
