"""What can go wrong with one purchase, at every moment of it: a matrix of cells, each an order of its own."""
