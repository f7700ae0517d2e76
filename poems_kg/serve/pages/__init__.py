"""The explorer: pages that say everything without a script; scripts make some of it quicker to use."""
