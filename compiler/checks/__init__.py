"""What can be wrong with a spec once it parses: one rule a file, with its code and its words."""
