"""The file: JP2 boxes, markers of the codestream, geometry of tiles and code-blocks, and packets."""
