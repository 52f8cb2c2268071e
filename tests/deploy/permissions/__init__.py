"""Are the roles' permissions those that the code needs? By calls that were recorded."""
