"""Custom actions: from the dialogue's state to the record and back. No rule of the domain here."""
