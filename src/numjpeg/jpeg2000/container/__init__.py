"""The file: JP2 boxes, the codestream's markers, where everything lies, and the packets that bring it."""
