"use strict";
// How the clips of each method spread: one strip per method, a dot per pair.
(() => {
  const { el, number } = evalkit;
  const select = document.getElementById("spread-metric");
  const chart = document.getElementById("spread-chart");
  const HEIGHT = 34;
  const INSET = 8;
  let redraw = () => {};

  function quantile(sorted, q) {
    const at = (sorted.length - 1) * q;
    const low = Math.floor(at);
    return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (at - low);
  }

  /** Spreads dots over the height of a strip, the same way each time. */
  function jitter(index) {
    return ((index * 0.618034) % 1) - 0.5;
  }

  function range(means) {
    let low = Infinity;
    let high = -Infinity;
    for (const row of means) for (const value of row) if (value !== null) [low, high] = [Math.min(low, value), Math.max(high, value)];
    return low < high ? [low, high] : [low - 0.5, high + 0.5];
  }

  function draw(canvas, strip, chosen) {
    const ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    canvas.width = width * ratio;
    canvas.height = HEIGHT * ratio;
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    const middle = HEIGHT / 2;
    const x = (value) => INSET + (width - 2 * INSET) * (value - strip.low) / (strip.high - strip.low);
    context.fillStyle = evalkit.color("--line");
    context.fillRect(INSET, middle, width - 2 * INSET, 1);
    if (!strip.points.length) return;
    context.fillStyle = evalkit.color("--soft");
    context.fillRect(x(strip.lower), 4, Math.max(x(strip.upper) - x(strip.lower), 1), HEIGHT - 8);
    context.globalAlpha = strip.points.length > 120 ? 0.4 : 0.7;
    context.fillStyle = evalkit.color(evalkit.methodColor(strip.method));
    for (const point of strip.points) {
      point.x = x(point.value);
      point.y = middle + jitter(point.pair) * (HEIGHT - 14);
      context.beginPath();
      context.arc(point.x, point.y, 3.2, 0, 7);
      context.fill();
    }
    context.globalAlpha = 1;
    context.fillStyle = evalkit.color("--ink");
    context.fillRect(x(strip.median) - 1, 3, 2, HEIGHT - 6);
    if (chosen) {
      context.strokeStyle = evalkit.color("--ink");
      context.lineWidth = 2;
      context.beginPath();
      context.arc(chosen.x, chosen.y, 5.5, 0, 7);
      context.stroke();
    }
  }

  function stripOf(method, row, low, high) {
    const points = row.map((value, pair) => ({ value, pair })).filter((point) => point.value !== null);
    points.sort((a, b) => a.value - b.value);
    const values = points.map((point) => point.value);
    const of = (q) => (values.length ? quantile(values, q) : null);
    return { method, points, low, high, lower: of(0.25), median: of(0.5), upper: of(0.75) };
  }

  function listen(canvas, strip, metric, site, pairs) {
    let chosen = null;
    const choose = (point) => {
      chosen = point;
      draw(canvas, strip, chosen);
      if (!chosen) return evalkit.hideTip();
      const box = canvas.getBoundingClientRect();
      const value = `${metric.title} ${number(chosen.value, metric.decimals)}`;
      evalkit.showTip(box.left + chosen.x, box.top + chosen.y, el("b", {}, pairs[chosen.pair].id), el("br"), value);
    };
    const near = (event) => {
      const box = canvas.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const distance = (p) => (p.x - x) ** 2 + ((p.y - y) / 2) ** 2;
      const best = strip.points.reduce((a, b) => (a === null || distance(b) < distance(a) ? b : a), null);
      return best && distance(best) < 400 ? best : null;
    };
    const open = () => {
      const page = chosen && evalkit.pairLink(pairs[chosen.pair].slug, { metric: metric.key });
      if (page) location.href = page;
    };
    canvas.addEventListener("pointermove", (event) => choose(near(event)));
    canvas.addEventListener("pointerleave", () => choose(null));
    canvas.addEventListener("click", (event) => {
      choose(near(event));
      open();
    });
    canvas.addEventListener("blur", () => choose(null));
    canvas.addEventListener("keydown", (event) => {
      const at = strip.points.indexOf(chosen);
      const last = strip.points.length - 1;
      const to = { ArrowRight: Math.min(at + 1, last), ArrowLeft: at < 0 ? last : Math.max(at - 1, 0), Home: 0, End: last }[event.key];
      if (event.key === "Enter") open();
      if (to === undefined || last < 0) return;
      event.preventDefault();
      choose(strip.points[to]);
    });
  }

  function describe(strip, metric, title) {
    if (!strip.points.length) return `${title}: no clip has a value`;
    const [lower, median, upper] = [strip.lower, strip.median, strip.upper].map((value) => number(value, metric.decimals));
    return `${title}: ${strip.points.length} pairs, median ${median}, middle half ${lower} to ${upper}. Arrow keys go through the pairs, Enter opens one.`;
  }

  async function show(metric) {
    const [site, pairs, clips] = await Promise.all([evalkit.load("site"), evalkit.load("pairs"), evalkit.load(`clips-${metric.clips}`)]);
    const [low, high] = range(clips.means);
    const drawings = [];
    const items = site.order.map((index) => {
      const strip = stripOf(index, clips.means[index], low, high);
      const title = site.methods[index].title;
      const canvas = el("canvas", { height: HEIGHT, tabindex: 0, role: "img", "aria-label": describe(strip, metric, title) });
      listen(canvas, strip, metric, site, pairs);
      drawings.push(() => draw(canvas, strip, null));
      return el("li", {},
        el("span", { class: "label", title }, title), canvas,
        el("span", { class: "middle" }, strip.median === null ? "–" : number(strip.median, metric.decimals)));
    });
    const better = metric.better === "higher" ? ["", "better →"] : ["← better", ""];
    const ends = el("li", { "aria-hidden": "true" }, el("span"),
      el("span", { class: "ends" }, el("span", {}, number(low, metric.decimals)), el("span", {}, better.join("")), el("span", {}, number(high, metric.decimals))),
      el("span", { class: "middle" }, "median"));
    chart.replaceChildren(el("ul", { class: "strips" }, ...items, ends));
    redraw = () => drawings.forEach((each) => each());
    redraw();
  }

  evalkit.load("site").then((site) => {
    const metrics = site.metrics.filter((metric) => metric.clips !== null);
    if (!metrics.length) {
      chart.replaceChildren(evalkit.empty("No metric has a value per clip.", "Set metrics such as FID compare all clips at once."));
      select.closest("label").hidden = true;
      return;
    }
    evalkit.options(select, metrics.map((metric, place) => [place, evalkit.metricName(metric)]), 0);
    const update = () => show(metrics[Number(select.value)]).catch((error) => chart.replaceChildren(evalkit.empty("This part of the report is missing.", error.message)));
    select.addEventListener("change", update);
    evalkit.whenSeen(chart, update);
  });
  new ResizeObserver(() => redraw()).observe(chart);
  document.addEventListener("evalkit-theme", () => redraw());
})();
