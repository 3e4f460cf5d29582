"use strict";
// Search over the whole site: "/" begins, arrows choose, Enter opens. The index is loaded when it is first wanted.
(() => {
  const { el } = evalkit;
  const input = document.getElementById("search");
  const list = document.getElementById("found");
  const MOST = 12;
  let chosen = -1;

  function close() {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    const items = [...list.children];
    items[chosen]?.setAttribute("aria-selected", "false");
    chosen = index;
    if (!items[index]) return;
    items[index].setAttribute("aria-selected", "true");
    items[index].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[index].id);
  }

  /** Those whose title begins with the query come first, then whose title has it, then the others. */
  function ranked(index, query) {
    const wanted = query.toLowerCase();
    const weight = ([, title]) => (title.toLowerCase().startsWith(wanted) ? 0 : title.toLowerCase().includes(wanted) ? 1 : 2);
    return index.filter(([kind, title, , words]) => evalkit.matches(`${kind} ${title} ${words}`, query)).map((item, place) => ({ item, place }))
      .sort((a, b) => weight(a.item) - weight(b.item) || a.place - b.place).map(({ item }) => item);
  }

  async function find() {
    const query = input.value.trim();
    if (!query) return close();
    const found = ranked(await evalkit.load("/search"), query);
    const items = found.slice(0, MOST).map(([kind, title, href], index) => {
      const item = el("a", { role: "option", id: `found-${index}`, href: `${evalkit.root}${href}`, tabindex: -1, "aria-selected": "false" }, el("span", { class: "kind" }, kind), ` ${title}`);
      item.addEventListener("pointermove", () => choose(index));
      return item;
    });
    const rest = found.length - items.length;
    const note = !found.length ? "Nothing found" : rest > 0 ? `${rest} more` : null;
    if (note) items.push(el("div", { role: "option", "aria-disabled": "true", class: "muted" }, note));
    list.replaceChildren(...items);
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    chosen = -1;
    if (found.length) choose(0);
    return undefined;
  }

  input.addEventListener("input", find);
  input.addEventListener("focus", () => evalkit.load("/search").then(find));
  input.addEventListener("keydown", (event) => {
    const links = list.querySelectorAll("a");
    if (event.key === "Escape") {
      input.value = "";
      close();
    } else if (event.key === "Enter") {
      links[chosen]?.click();
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && links.length) {
      event.preventDefault();
      choose((chosen + (event.key === "ArrowDown" ? 1 : -1) + links.length) % links.length);
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    input.focus();
  });
})();
