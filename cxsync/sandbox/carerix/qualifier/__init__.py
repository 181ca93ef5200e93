"""The qualifier language: text to syntax tree, tree to predicate, tree to the rows an index can offer."""
