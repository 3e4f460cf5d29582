"use strict";
// All pairs with their means in one metric, sortable by any method.
(() => {
  const { el, number } = evalkit;
  const byId = (id) => document.getElementById(id);
  const [list, filter, select, failedOnly, more, shown] = ["list", "filter", "metric", "failed", "more", "shown"].map(byId);
  const PAGE = 100;
  let limit = PAGE;
  let order = { column: null, direction: 1 };

  function sorted(indices, pairs, clips) {
    if (order.column === null) return indices;
    const key = order.column === "id" ? (i) => pairs[i].id.toLowerCase() : (i) => clips.means[order.column][i];
    return [...indices].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      return (x < y ? -1 : x > y ? 1 : 0) * order.direction || a - b;
    });
  }

  function header(text, column, update, first, cls) {
    const now = order.column === column ? (order.direction > 0 ? "ascending" : "descending") : null;
    const button = el("button", { type: "button", class: "sort" }, text);
    button.addEventListener("click", () => {
      order = { column, direction: order.column === column ? -order.direction : first };
      update();
      list.querySelector(`th[aria-sort] .sort`)?.focus();
    });
    return el("th", { scope: "col", class: cls, "aria-sort": now }, button);
  }

  /** How bad each value is among all of the metric, 0 to 1, for the tint. */
  function badness(clips, metric) {
    const values = clips.means.flat().filter((value) => value !== null);
    const [low, high] = [values.reduce((a, b) => Math.min(a, b), Infinity), values.reduce((a, b) => Math.max(a, b), -Infinity)];
    return (value) => (high > low ? (metric.better === "higher" ? high - value : value - low) / (high - low) : 0);
  }

  function row(index, site, pairs, clips, metric, bad) {
    const pair = pairs[index];
    const page = evalkit.pairLink(pair.slug, metric ? { metric: metric.key } : {});
    const link = page ? el("a", { href: page }, pair.id) : pair.id;
    const cells = site.order.map((method) => {
      if (pair.failed.includes(method)) return el("td", { class: "number" }, el("span", { class: "badge failed" }, "failed"));
      const value = clips?.means[method][index] ?? null;
      const covered = clips?.coverage[method][index] ?? null;
      const style = value === null ? null : `--t:${bad(value).toFixed(3)}`;
      return el("td", { class: value === null ? "number" : "number tint", style }, number(value, metric?.decimals ?? 3),
        covered === null ? null : el("small", { class: "coverage" }, ` ${(100 * covered).toFixed(0)} %`));
    });
    const people = pair.source === pair.driving ? pair.source : `${pair.source} ← ${pair.driving}`;
    return el("tr", {}, el("th", { scope: "row", class: "name" }, link), el("td", {}, people), cells);
  }

  function show(site, pairs, clips, metric, update) {
    const fitting = pairs.map((_, index) => index).filter((index) => {
      const pair = pairs[index];
      return (!failedOnly.checked || pair.failed.length) && evalkit.matches(`${pair.id} ${pair.source} ${pair.driving}`, filter.value);
    });
    const visible = sorted(fitting, pairs, clips).slice(0, limit);
    shown.textContent = fitting.length > visible.length ? `The first ${visible.length} of ${fitting.length} pairs` : `${fitting.length} of ${pairs.length} pairs`;
    more.hidden = fitting.length <= visible.length;
    if (!visible.length) {
      list.replaceChildren(failedOnly.checked && !filter.value ? evalkit.empty("No pair failed.") : evalkit.empty("No pair fits the filter."));
      return;
    }
    const worstFirst = metric?.better === "higher" ? 1 : -1;
    const head = el("tr", {}, header("Pair", "id", update, 1, "name"), el("th", { scope: "col" }, "People"),
      site.order.map((method) => header(site.methods[method].title, method, update, worstFirst, "number")));
    const bad = metric ? badness(clips, metric) : () => 0;
    const rows = visible.map((index) => row(index, site, pairs, clips, metric, bad));
    list.replaceChildren(el("table", {}, el("thead", {}, head), el("tbody", {}, rows)));
  }

  Promise.all([evalkit.load("site"), evalkit.load("pairs")]).then(([site, pairs]) => {
    const metrics = site.metrics.filter((metric) => metric.clips !== null);
    evalkit.options(select, metrics.map((metric, index) => [index, `${evalkit.metricName(metric)} ${evalkit.arrow(metric)}`]), 0);
    const update = async () => {
      const metric = metrics[Number(select.value)];
      const clips = metric ? await evalkit.load(`clips-${metric.clips}`) : null;
      show(site, pairs, clips, metric, update);
    };
    const again = () => {
      limit = PAGE;
      update();
    };
    filter.addEventListener("input", again);
    failedOnly.addEventListener("change", again);
    select.addEventListener("change", update);
    more.addEventListener("click", () => {
      limit += PAGE;
      update();
    });
    update();
  });
})();
