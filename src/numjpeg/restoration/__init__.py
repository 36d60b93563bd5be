"""What a decoder may infer beyond what the file says."""
