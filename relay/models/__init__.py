"""Plain values that every room speaks of. They import nothing else of ours."""
