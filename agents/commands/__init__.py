"""The commands, by what one wants: run, inspect, steer, learn. Heavy imports happen inside the commands, so that --help is quick."""
