"""What goes out beside the pages: notices by mail, and the clock that repeats them."""
