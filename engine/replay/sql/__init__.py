"""The words of SQL that plans are written with: and how each database spells them."""
