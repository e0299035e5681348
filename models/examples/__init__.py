"""What the heads learn from: licensed sets, our own phrases, the lexicon as teacher."""
