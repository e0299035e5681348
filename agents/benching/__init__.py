"""The parts of `winnow bench`: each starts what it measures in processes of its own and says what it found."""
