"""The file: markers, segments, frame and scan headers, metadata, and what is noticed wrong (T.81 Annex B)."""
