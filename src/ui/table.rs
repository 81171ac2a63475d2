//! Tables of text: columns as wide as their widest cell, two spaces between them.

use super::words::{pad, width};

/// Lays `rows` out in columns; the last column is not filled up. Rows may be of different lengths.
#[must_use]
pub fn columns(rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            columns(&[row(&["name", "value"]), row(&["貸付", "long value", "note"]), row(&["x"])]),
            ["name  value", "貸付  long value  note", "x"]
        );
        assert_eq!(columns(&[]), Vec::<String>::new());
    }
}
