"""One module per report: figures to pages; ``registry`` lists them, ``publish`` writes them."""
