"""Plain CSV copies of files that are not text: packed files and workbooks, made in bounded space and read as CSV."""
