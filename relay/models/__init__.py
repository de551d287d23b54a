"""Plain values shared by all packages. They import nothing else of the relay."""
