"""Who may do what: roles, relations and one table of rules. Pure; nothing here asks a database."""
