"""People come into a gallery: which pictures are theirs, and what is to be warned of."""
