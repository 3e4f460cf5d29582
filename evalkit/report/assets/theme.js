"use strict";
// Before the page is painted: the colours the reader chose last time, else those of the system.
(() => {
  const root = document.documentElement;
  const names = { auto: "Auto", light: "Light", dark: "Dark" };
  const spoken = { auto: "as the system", light: "light", dark: "dark" };

  function remembered() {
    try {
      return localStorage.getItem("evalkit-theme") || "auto";
    } catch {
      return "auto";
    }
  }

  function apply(theme) {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button) {
      button.textContent = names[theme];
      button.setAttribute("aria-label", `Colours: ${spoken[theme]}`);
    }
    document.dispatchEvent(new Event("evalkit-theme"));
  }

  let theme = Object.hasOwn(names, remembered()) ? remembered() : "auto";
  apply(theme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(theme));
  document.addEventListener("DOMContentLoaded", () => {
    apply(theme);
    document.getElementById("theme").addEventListener("click", () => {
      const order = Object.keys(names);
      theme = order[(order.indexOf(theme) + 1) % order.length];
      try {
        localStorage.setItem("evalkit-theme", theme);
      } catch {
        // A browser that keeps nothing for files: the choice lasts as long as the page.
      }
      apply(theme);
    });
  });
})();
