# The page served at /: see README.md in this folder.
