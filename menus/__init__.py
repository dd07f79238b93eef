"""Pages: what a page is and how it is fitted into septets."""
