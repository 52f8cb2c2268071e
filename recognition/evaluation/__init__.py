"""How accurate a model is on labelled pictures, and the thresholds that follow from that."""
