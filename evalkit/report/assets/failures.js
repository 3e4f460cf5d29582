"use strict";
// Failed clips and frames without a value of their own, with their reasons.
(() => {
  const { el } = evalkit;
  const byId = (id) => document.getElementById(id);
  const [list, filter, methodSelect, kindSelect, more, shown] = ["list", "filter", "method", "kind", "more", "shown"].map(byId);
  const PAGE = 100;
  let limit = PAGE;

  function frames(spans) {
    const count = spans.reduce((sum, [first, last]) => sum + last - first + 1, 0);
    const text = spans.slice(0, 8).map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
    return `${count} frame${count === 1 ? "" : "s"}: ${text}${spans.length > 8 ? ", …" : ""}`;
  }

  function row(failure, site, pairs, metrics) {
    const pair = pairs[failure.pair];
    const whole = failure.status === "failed";
    const link = evalkit.pairLink(pair.slug, whole ? {} : { frame: failure.spans[0][0], metric: metrics[failure.metrics[0]].key });
    return el("tr", {},
      el("th", { scope: "row", class: "name" }, link ? el("a", { href: link }, pair.id) : pair.id),
      el("td", {}, site.methods[failure.method].title),
      el("td", {}, el("span", { class: whole ? "badge failed" : "badge" }, whole ? "clip failed" : failure.status.replaceAll("_", " "))),
      el("td", {}, failure.reason),
      el("td", {}, whole ? "all frames, all metrics" : frames(failure.spans),
        whole ? null : el("small", { class: "none" }, ` ${failure.metrics.map((index) => evalkit.metricName(metrics[index])).join(", ")}`)));
  }

  function fits(failure, site, pairs) {
    const kind = kindSelect.value;
    if (methodSelect.value !== "all" && failure.method !== Number(methodSelect.value)) return false;
    if (kind !== "all" && failure.status !== kind) return false;
    return evalkit.matches(`${pairs[failure.pair].id} ${failure.reason} ${site.methods[failure.method].title}`, filter.value);
  }

  Promise.all([evalkit.load("site"), evalkit.load("pairs"), evalkit.load("failures")]).then(([site, pairs, failures]) => {
    const metrics = site.metrics.filter((metric) => metric.clips !== null);
    const kinds = [...new Set(failures.map((failure) => failure.status))];
    evalkit.options(methodSelect, [["all", "All"], ...site.order.map((method) => [method, site.methods[method].title])], "all");
    evalkit.options(kindSelect, [["all", "All"], ...kinds.map((kind) => [kind, kind === "failed" ? "clip failed" : kind.replaceAll("_", " ")])], "all");
    const update = () => {
      const fitting = failures.filter((failure) => fits(failure, site, pairs));
      const visible = fitting.slice(0, limit);
      more.hidden = fitting.length <= visible.length;
      shown.textContent = failures.length ? `${visible.length} of ${failures.length}` : "";
      if (!visible.length) {
        list.replaceChildren(failures.length ? evalkit.empty("Nothing fits the filter.") : evalkit.empty("Nothing failed.", "Every clip was made and every frame has a value for every metric."));
        return;
      }
      const head = ["Pair", "Method", "Kind", "Reason", "Where"].map((text, index) => el("th", { scope: "col", class: index ? null : "name" }, text));
      list.replaceChildren(el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, visible.map((failure) => row(failure, site, pairs, metrics)))));
    };
    const again = () => {
      limit = PAGE;
      update();
    };
    for (const [control, event] of [[filter, "input"], [methodSelect, "change"], [kindSelect, "change"]]) control.addEventListener(event, again);
    more.addEventListener("click", () => {
      limit += PAGE;
      update();
    });
    update();
  });
})();
