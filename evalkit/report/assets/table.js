"use strict";
// The results table: sorting, filtering, and what stands behind a column.
(() => {
  const table = document.getElementById("table");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const filter = document.getElementById("filter");
  const anchors = document.getElementById("anchors");
  const intervals = document.getElementById("intervals");
  const shown = document.getElementById("shown");

  function key(row, column) {
    if (column === "name") return row.dataset.name.toLowerCase();
    const cell = column === "rank" ? row.cells[0] : row.querySelectorAll("td:not(.rank)")[Number(column)];
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  }

  /** Rows without a value stay last in both directions. */
  function sort(column, direction) {
    const sign = direction === "ascending" ? 1 : -1;
    const keyed = rows.map((row, place) => ({ row, place, key: key(row, column) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.place - b.place;
      return (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * sign || a.place - b.place;
    });
    body.append(...keyed.map((item) => item.row));
  }

  for (const button of table.querySelectorAll(".sort")) {
    button.addEventListener("click", () => {
      const header = button.closest("th");
      const first = button.dataset.better === "higher" ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const direction = header.getAttribute("aria-sort") === first ? other : first;
      for (const each of table.querySelectorAll("th[aria-sort]")) each.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", direction);
      sort(button.dataset.column, direction);
    });
  }

  function narrow() {
    let count = 0;
    for (const row of rows) {
      const fits = evalkit.matches(row.dataset.name, filter.value);
      row.hidden = !fits || (anchors !== null && !anchors.checked && row.classList.contains("anchor"));
      count += !row.hidden;
    }
    shown.textContent = count === rows.length ? "" : count ? `${count} of ${rows.length} methods` : "No method fits the filter.";
  }

  filter.addEventListener("input", narrow);
  anchors?.addEventListener("change", narrow);
  intervals.addEventListener("change", () => table.classList.toggle("bare", !intervals.checked));

  // Cards open by click, tap and keyboard by themselves; a mouse need not click.
  for (const button of table.querySelectorAll(".why")) {
    const card = document.getElementById(button.getAttribute("popovertarget"));
    let opened = false;
    const place = () => {
      const at = button.getBoundingClientRect();
      const box = card.getBoundingClientRect();
      const below = at.bottom + 8;
      card.style.left = `${Math.min(Math.max(at.right - box.width, 8), innerWidth - box.width - 8)}px`;
      card.style.top = `${below + box.height > innerHeight && at.top > box.height + 8 ? at.top - box.height - 8 : below}px`;
    };
    card.addEventListener("toggle", (event) => {
      if (event.newState === "open") place();
    });
    button.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "mouse" || card.matches(":popover-open")) return;
      opened = true;
      card.showPopover();
      place();
    });
    button.addEventListener("pointerleave", () => {
      if (opened) card.hidePopover();
      opened = false;
    });
    button.addEventListener("click", () => {
      if (opened) {
        opened = false;
        requestAnimationFrame(() => card.showPopover());
      }
    });
  }
})();
