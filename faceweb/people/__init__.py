"""The people of the gallery: enrolled, listed, renamed, merged, erased."""
