"""The report: its findings, its page, its files, and the command that writes them."""
