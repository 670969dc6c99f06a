"""The domain of safety, pure: what a message may mean, and what happens next. No I/O, no model."""
