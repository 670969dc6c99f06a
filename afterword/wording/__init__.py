"""What a clinic may say in its own words: texts, changes, overlay, checks. Pure."""
