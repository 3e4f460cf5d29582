// What axe-core asks of the theme: a name for the search, and tables and code that can be scrolled by keyboard.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");

function reachable() {
  for (const element of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code")) {
    if (element.scrollWidth > element.clientWidth) {
      element.setAttribute("tabindex", "0");
    }
  }
}

// The theme wraps tables after the page has loaded.
new MutationObserver(reachable).observe(document.body, { childList: true, subtree: true });
window.addEventListener("resize", reachable);
reachable();
