"""What lives inside Rasa's process. Imports only Rasa, its dependencies and the standard library."""
