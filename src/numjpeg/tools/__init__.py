"""What stands on top of the library: the command line, explanations, pictures, the study."""
