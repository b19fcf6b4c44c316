"""The texts of findings, by code, in Chinese and English; `engine.base.findings` reads them."""
