"""What `winnow bench` measures: one module a part, each with a `measure`."""
