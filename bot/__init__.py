"""What lives inside Rasa's process: it imports only Rasa, its dependencies and the stdlib."""
