"""What mkdocs runs when it builds the site: pages that the product's own code writes."""
