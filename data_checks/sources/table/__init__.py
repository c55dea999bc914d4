"""Tables: cells of a CSV file or a workbook as rows under the names of their columns."""
