"""The documentation as a site: `uv run python -m docs.site --out site`.

sources    the pages of docs/ and the README, with links that work in a site
cards      a page for every metric, method, protocol, dataset and network file, from its card
doctests   examples in docstrings, as code
reference  pages for `import evalkit`, from docstrings
readable.css, readable.js  contrast, links that are seen without colour, names and keyboard
worker.js  the search, on pages that are opened from a file
build      all of it through MkDocs, strictly
"""
