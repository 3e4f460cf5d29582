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

  function choose(button, direction) {
    for (const each of table.querySelectorAll("th[aria-sort]")) each.removeAttribute("aria-sort");
    button.closest("th").setAttribute("aria-sort", direction);
    sort(button.dataset.column, direction);
  }

  for (const button of table.querySelectorAll(".sort")) {
    button.addEventListener("click", () => {
      const first = button.dataset.better === "higher" ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const direction = button.closest("th").getAttribute("aria-sort") === first ? other : first;
      choose(button, direction);
      evalkit.remember({ sort: button.dataset.column, order: direction });
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

  filter.addEventListener("input", () => {
    narrow();
    evalkit.remember({ filter: filter.value });
  });
  anchors?.addEventListener("change", narrow);
  intervals.addEventListener("change", () => table.classList.toggle("bare", !intervals.checked));
  table.classList.toggle("bare", !intervals.checked);

  const asked = evalkit.remembered();
  const button = [...table.querySelectorAll(".sort")].find((each) => each.dataset.column === asked.get("sort"));
  if (button && ["ascending", "descending"].includes(asked.get("order"))) choose(button, asked.get("order"));
  if (asked.has("filter")) {
    filter.value = asked.get("filter");
    narrow();
  }
})();
