"""In: labelled data and what a detector or a memory said of it. Out: figures that compare with published ones."""
