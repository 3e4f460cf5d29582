"use strict";
// Who beats whom: every method against every other, in one metric or counted over all.
(() => {
  const { el, number } = evalkit;
  const select = document.getElementById("matrix-metric");
  const place = document.getElementById("matrix");
  const explain = document.getElementById("matrix-explain");
  const board = document.documentElement.dataset.at.split("/")[1];

  /** 1 when a is shown to be better, -1 when b is, 0 when they are not told apart, null without a test. */
  function verdict(found, metric) {
    if (found === null || found[3] === null) return null;
    if (found[3] > evalkit.APART) return 0;
    return found[0] > 0 === (metric.better === "higher") ? 1 : -1;
  }

  const NAMES = new Map([[1, "better"], [-1, "worse"], [0, "not told apart"], [null, "no test"]]);
  const SIGNS = new Map([[1, "▲"], [-1, "▼"], [0, "≈"], [null, "–"]]);

  function link(site, a, b, metric, ...content) {
    const hash = new URLSearchParams({ board, a: site.methods[a].name, b: site.methods[b].name, ...(metric ? { metric: metric.key } : {}) });
    return el("a", { href: `${evalkit.root}compare.html#${hash}` }, ...content);
  }

  function single(site, table, metric, a, b) {
    const found = evalkit.couple(table, a, b);
    const word = verdict(found, metric);
    if (found === null) {
      const other = [a, b].some((method) => `${method},${metric.key}` in site.others);
      return el("td", { class: "duel none" }, "–", other ? el("small", {}, "other signature") : null);
    }
    const [mean, low, high, p, clips, why] = found;
    const sign = mean > 0 ? "+" : "";
    const told = p === null ? `no test: ${why}` : `p ${p < 0.001 ? "< 0.001" : p.toPrecision(2)}`;
    const interval = low === null ? "" : ` (${number(low, metric.decimals)} to ${number(high, metric.decimals)})`;
    const title = `${site.methods[a].title} minus ${site.methods[b].title}: ${sign}${number(mean, metric.decimals)}${interval}, ${told}, ${clips} clips: ${NAMES.get(word)}`;
    return el("td", { class: `duel ${word === 1 ? "won" : word === -1 ? "lost" : ""}`, title },
      link(site, a, b, metric, el("span", { "aria-hidden": "true" }, `${SIGNS.get(word)} `), `${sign}${number(mean, metric.decimals)}`, el("span", { class: "hidden" }, ` ${NAMES.get(word)}`)), el("small", {}, told));
  }

  function counted(site, tables, a, b) {
    const words = site.metrics.map((metric, index) => verdict(evalkit.couple(tables[index], a, b), metric));
    const [won, lost] = [1, -1].map((side) => words.filter((word) => word === side).length);
    const tested = words.filter((word) => word !== null).length;
    const title = `${site.methods[a].title} against ${site.methods[b].title}: better in ${won}, worse in ${lost} of ${tested} tested metrics`;
    return el("td", { class: `duel ${won > lost ? "won" : won < lost ? "lost" : ""}`, title },
      tested ? link(site, a, b, null, `${won} : ${lost}`, el("span", { class: "hidden" }, " metrics better and worse")) : el("span", { class: "none" }, "–"));
  }

  function draw(site, tables) {
    const metric = select.value === "" ? null : site.metrics[Number(select.value)];
    const { order } = site;
    const head = el("tr", {}, el("td", { class: "name" }), order.map((b, index) => el("th", { scope: "col", class: "number", title: site.methods[b].title }, String(index + 1), el("span", { class: "hidden" }, ` ${site.methods[b].title}`))));
    const rows = order.map((a, index) => el("tr", { class: site.methods[a].anchor ? "anchor" : null },
      el("th", { scope: "row", class: "name" }, el("span", { class: "place-number" }, `${index + 1} `), site.methods[a].title),
      order.map((b) => (a === b ? el("td", { class: "duel self" }, "·") : metric ? single(site, tables[select.value], metric, a, b) : counted(site, tables, a, b)))));
    place.replaceChildren(el("table", { class: "matrix" }, el("thead", {}, head), el("tbody", {}, rows)));
    explain.textContent = metric
      ? `Row minus column in ${evalkit.metricName(metric)}, over the clips that both have. ▲ the row is better, ▼ worse, ≈ not told apart by a paired test over people, corrected over all couples (Holm, 0.05).`
      : "In how many metrics the row is better : worse than the column, by a paired test over people in each metric, corrected over all couples (Holm, 0.05). Choose one for the details.";
  }

  Promise.all([evalkit.load("site"), evalkit.load("couples")]).then(([site, { couples }]) => {
    const entries = site.metrics.flatMap((metric, index) => (Object.keys(couples[index]).length ? [[index, evalkit.metricName(metric)]] : []));
    const asked = site.metrics.findIndex((metric) => metric.key === evalkit.remembered().get("duel"));
    evalkit.options(select, [["", "All metrics, counted"], ...entries], asked < 0 ? "" : asked);
    select.addEventListener("change", () => {
      draw(site, couples);
      evalkit.remember({ duel: select.value === "" ? "" : site.metrics[Number(select.value)].key });
    });
    draw(site, couples);
  });
})();
