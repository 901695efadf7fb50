"""Numbers from a model: `reference` gives them their meaning, `program` and `llvm` their speed."""
