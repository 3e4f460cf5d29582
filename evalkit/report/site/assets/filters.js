"use strict";
// The first page: which columns are shown, by task, dataset, protocol, metric, variant and costs. The address keeps it.
(() => {
  const byId = (id) => document.getElementById(id);
  const table = byId("table");
  const selects = ["task", "dataset", "protocol", "metric", "variants"].map(byId);
  const boxes = ["intervals", "costs", "about", "anchors"].map(byId).filter((box) => box !== null);
  const initial = new Map(boxes.map((box) => [box.id, box.checked]));
  const heads = [...table.tHead.rows[1].cells];
  const groups = [...table.tHead.rows[0].querySelectorAll("[data-group]")];
  const sheet = document.createElement("style");
  document.head.append(sheet);

  function shows(head) {
    const { task, dataset, protocol, kind, metric, main } = head.dataset;
    if (kind === undefined) return true;
    if (kind === "about") return byId("about").checked;
    const [wantedTask, wantedDataset, wantedProtocol, wantedMetric, variants] = selects.map((select) => select.value);
    if ((wantedTask && task !== wantedTask) || (wantedDataset && dataset !== wantedDataset)) return false;
    if (wantedProtocol && protocol !== wantedProtocol) return false;
    if (kind === "rank") return true;
    if (kind === "cost") return byId("costs").checked;
    if (wantedMetric && metric !== wantedMetric) return false;
    return variants === "all" || main !== undefined;
  }

  function apply() {
    const shown = heads.map(shows);
    const hidden = shown.flatMap((is, index) => (is ? [] : [index + 1]));
    sheet.textContent = hidden.map((place) => `#table tbody tr > :nth-child(${place}), #table thead tr:last-child > :nth-child(${place}) { display: none; }`).join("\n");
    for (const group of groups) {
      const width = heads.filter((head, index) => head.dataset.group === group.dataset.group && shown[index]).length;
      group.hidden = !width;
      group.colSpan = Math.max(width, 1);
    }
    for (const row of table.tBodies[0].rows) {
      const values = [...row.cells].filter((cell, index) => index && shown[index] && heads[index].dataset.kind !== "about");
      row.classList.toggle("elsewhere", values.every((cell) => cell.dataset.value === "" && !cell.querySelector(".other")));
    }
    table.closest(".scroll").dispatchEvent(new Event("scroll"));
  }

  function keep() {
    apply();
    evalkit.remember({
      ...Object.fromEntries(selects.map((select) => [select.id, select.value])),
      ...Object.fromEntries(boxes.map((box) => [box.id, box.checked === initial.get(box.id) ? "" : Number(box.checked)])),
    });
  }

  const asked = evalkit.remembered();
  for (const select of selects) {
    const wanted = asked.get(select.id);
    if ([...select.options].some((option) => option.value === wanted)) select.value = wanted;
    select.addEventListener("change", keep);
  }
  for (const box of boxes) {
    if (asked.has(box.id)) box.checked = asked.get(box.id) === "1";
    box.addEventListener("change", keep);
  }
  apply();
})();
