"""Tables that models read: files of data, spreadsheets, and the functions that ask for them."""
