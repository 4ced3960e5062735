"""Reports as pages for a browser: back-test and cost of caps."""
