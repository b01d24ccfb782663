# Nothing to start: stress-ng is all load.
