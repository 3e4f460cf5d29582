"use strict";
// Each metric over gated checkpoints: points as the gate judged them, levels, and the points where a level changed.
(() => {
  const { el, svg, number } = evalkit;
  const byId = (id) => document.getElementById(id);
  const [filter, changed, shown] = ["filter", "changed", "shown"].map(byId);
  const articles = [...document.querySelectorAll(".history")];
  const [HEIGHT, NAME] = [230, 76];
  const WORDS = {
    better: "better", same: "same", not_proven: "not proven", worse: "worse", suspicious: "suspicious",
    broken: "not measured or compared",
  };
  const LEVELS = { better: "good", same: "good", not_proven: "note", worse: "bad", suspicious: "note", broken: "none" };

  /** A sign per status, so that colours are not needed to tell them apart. */
  function sign(status, x, y, r) {
    const known = { class: `sign-${LEVELS[status]}`, "stroke-width": 1.6 };
    const path = (d, more = {}) => svg("path", { d, ...known, ...more });
    if (status === "better") return path(`M${x} ${y - r - 1}l${r + 1} ${2 * r}h${-2 * (r + 1)}z`);
    if (status === "worse") return path(`M${x} ${y + r + 1}l${r + 1} ${-2 * r}h${-2 * (r + 1)}z`);
    if (status === "suspicious") return path(`M${x} ${y - r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z`);
    if (status === "broken") return path(`M${x - r} ${y - r}l${2 * r} ${2 * r}M${x + r} ${y - r}l${-2 * r} ${2 * r}`);
    return svg("circle", { cx: x, cy: y, r, ...known, ...(status === "not_proven" ? { style: "fill:var(--surface)" } : {}) });
  }

  /** A value; with an exponent where nothing but zeros would show. */
  function told(value, decimals, signed = false) {
    if (value === null) return "–";
    const text = number(value, decimals);
    const whole = value !== 0 && Number(text) === 0 ? value.toExponential(1) : text;
    return signed && value > 0 ? `+${whole}` : whole;
  }

  function change([value, low, high], decimals) {
    if (value === null) return "–";
    const interval = low === null || high === null ? "" : ` (${told(low, decimals, true)} to ${told(high, decimals, true)})`;
    return `${told(value, decimals, true)}${interval}`;
  }

  function describe(series, lines) {
    const last = series.points.at(-1);
    const found = series.changes.map(({ index, worse }) => `${worse ? "worse" : "better"} since ${lines[series.points[index].line].name}`);
    return `${series.metric} of ${series.method}, ${series.better} is better: ${series.points.length} checkpoint${series.points.length === 1 ? "" : "s"}, `
      + `the last ${told(last.value, series.decimals)} ${series.unit}, ${WORDS[last.status]}. ${found.length ? `Level changes: ${found.join(", ")}.` : "No level change."} `
      + "Arrow keys go through the checkpoints, Enter shows the verdict.";
  }

  function scales(series, width) {
    const values = series.points.map((point) => point.value);
    let [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = (high - low || Math.abs(high) * 0.02 || 1) * 0.08;
    [low, high] = [low - margin, high + margin];
    const ticks = evalkit.ticks(low, high);
    const count = values.length;
    const box = { left: 16 + 7 * Math.max(...ticks.map((tick) => String(tick).length)), right: width - 14, top: 24, bottom: HEIGHT - 28 };
    const step = (box.right - box.left) / Math.max(count, 2);
    const x = (index) => (count === 1 ? (box.left + box.right) / 2 : box.left + step * (index + 0.5));
    const y = (value) => box.bottom - (box.bottom - box.top) * (value - low) / (high - low);
    return { box, step, ticks, x, y };
  }

  function axes({ box, ticks, x, y }, series, lines) {
    const rows = ticks.map((value) => [
      svg("line", { class: "axis", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }),
      svg("text", { x: box.left - 8, y: y(value) + 4, "text-anchor": "end" }, String(value)),
    ]);
    const names = [];
    let free = -Infinity;
    series.points.forEach((point, index) => {
      const middle = Math.min(Math.max(x(index), box.left + NAME / 2), box.right - NAME / 2);
      if (middle - NAME / 2 < free) return;
      free = middle + NAME / 2 + 12;
      names.push(svg("text", { x: middle, y: HEIGHT - 8, "text-anchor": "middle" }, lines[point.line].name));
    });
    return [...rows.flat(), ...names];
  }

  function levels({ box, step, x, y }, series, lines) {
    const drawn = series.levels.map(([start, end, mean]) => svg("line", {
      class: "level", x1: x(start) - step / 2, x2: x(end - 1) + step / 2, y1: y(mean), y2: y(mean),
    }));
    const jumps = series.changes.map(({ index, worse }) => {
      const at = x(index) - step / 2;
      const [side, by] = at > (box.left + box.right) / 2 ? ["end", -5] : ["start", 5];
      return svg("g", { class: worse ? "jump worse" : "jump" },
        svg("line", { x1: at, x2: at, y1: 6, y2: box.bottom }),
        svg("text", { class: "strong", x: at + by, y: 15, "text-anchor": side }, `${worse ? "worse" : "better"} since ${lines[series.points[index].line].name}`));
    });
    return [...drawn, ...jumps];
  }

  function tell(drawing, at, series, point, line) {
    const box = drawing.getBoundingClientRect();
    const scale = box.width / drawing.viewBox.baseVal.width;
    evalkit.showTip(box.left + at.x * scale, box.top + at.y * scale,
      el("b", {}, `${line.name}: ${told(point.value, series.decimals)} ${series.unit}`), el("br"),
      `${WORDS[point.status]}, ${change(point.change, series.decimals)} against the baseline`, el("br"),
      `Verdict: ${line.outcome}, ${line.time}${line.run === null ? "" : ", its run is on this site"}`);
  }

  function draw(chart, series, lines) {
    const width = Math.max(chart.clientWidth - 36, 240);
    const scale = scales(series, width);
    const points = series.points.map((point, index) => ({ x: scale.x(index), y: scale.y(point.value), status: point.status, run: lines[point.line].run }));
    const radius = scale.step < 9 ? 2.5 : 4;
    const line = svg("path", { class: "trace", d: points.map(({ x, y }, index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("") });
    const rings = points.filter((point) => point.run !== null).map(({ x, y }) => svg("circle", { class: "ring", cx: x, cy: y, r: radius + 4 }));
    const cursor = svg("circle", { class: "cursor", r: radius + 4, visibility: "hidden" });
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", tabindex: 0, "aria-label": describe(series, lines) },
      axes(scale, series, lines), line, levels(scale, series, lines), rings, points.map(({ x, y, status }) => sign(status, x, y, radius)), cursor);
    listen(drawing, points, cursor, series, lines);
    const again = document.activeElement === chart.querySelector("svg");
    chart.replaceChildren(drawing);
    if (again) drawing.focus();
  }

  function listen(drawing, points, cursor, series, lines) {
    let chosen = null;
    const choose = (index) => {
      chosen = index;
      cursor.setAttribute("visibility", index === null ? "hidden" : "visible");
      if (index === null) return evalkit.hideTip();
      cursor.setAttribute("cx", points[index].x);
      cursor.setAttribute("cy", points[index].y);
      tell(drawing, points[index], series, series.points[index], lines[series.points[index].line]);
    };
    const open = () => {
      if (chosen !== null) show(series.points[chosen].line);
    };
    const near = (event) => {
      const box = drawing.getBoundingClientRect();
      const x = (event.clientX - box.left) * drawing.viewBox.baseVal.width / box.width;
      return points.reduce((best, point, index) => (Math.abs(point.x - x) < Math.abs(points[best].x - x) ? index : best), 0);
    };
    drawing.addEventListener("pointermove", (event) => choose(near(event)));
    drawing.addEventListener("pointerleave", () => choose(null));
    drawing.addEventListener("blur", () => choose(null));
    drawing.addEventListener("click", (event) => {
      choose(near(event));
      open();
    });
    drawing.addEventListener("keydown", (event) => {
      const last = points.length - 1;
      const at = chosen ?? -1;
      const to = { ArrowRight: Math.min(at + 1, last), ArrowLeft: at < 0 ? last : Math.max(at - 1, 0), Home: 0, End: last }[event.key];
      if (event.key === "Enter") open();
      if (to === undefined) return;
      event.preventDefault();
      choose(to);
    });
  }

  /** Opens the verdict of a checkpoint and goes there. */
  function show(place) {
    location.hash = `line-${place}`;
    arrive();
  }

  function arrive() {
    const row = location.hash.startsWith("#line-") ? byId(location.hash.slice(1)) : null;
    if (!row) return;
    evalkit.hideTip();
    const details = row.querySelector("details");
    details.open = true;
    details.querySelector("summary").focus({ preventScroll: true });
    row.scrollIntoView({ block: "center" });
  }

  /** What the gate said of each metric, once somebody wants to see it. */
  function verdict(line) {
    if (!line.metrics.length) return el("p", { class: "none" }, "Nothing was compared.");
    const rows = line.metrics.map((row) => el("tr", {},
      el("th", { scope: "row" }, row.metric), el("td", { class: LEVELS[row.status] }, WORDS[row.status]),
      el("td", { class: "number" }, told(row.value, row.decimals)), el("td", { class: "number" }, change(row.change, row.decimals))));
    const head = ["Metric", "Verdict", "Value", "Change (95 %)"].map((text, index) => el("th", { scope: "col", class: index > 1 ? "number" : null }, text));
    return el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
  }

  function narrow(series) {
    let count = 0;
    articles.forEach((article, index) => {
      article.hidden = !evalkit.matches(article.dataset.name, filter.value) || (changed.checked && !series[index].changes.length);
      count += !article.hidden;
    });
    shown.textContent = count === articles.length ? "" : count ? `${count} of ${articles.length} charts` : "No chart fits the filter.";
  }

  evalkit.load("history").then(({ series, lines }) => {
    const used = new Set(series.flatMap((one) => one.points.map((point) => point.status)));
    const entries = Object.keys(WORDS).filter((status) => used.has(status)).map((status) => el("li", {},
      svg("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, sign(status, 7, 7, 4)), WORDS[status]));
    if (lines.some((line) => line.run !== null)) entries.push(el("li", {}, svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("circle", { class: "ring", cx: 10, cy: 10, r: 8 })), "its run is on this site"));
    byId("legend").replaceChildren(...entries);
    articles.forEach((article, index) => {
      const chart = article.querySelector(".chart");
      evalkit.whenSeen(chart, () => new ResizeObserver(() => draw(chart, series[index], lines)).observe(chart));
    });
    for (const details of document.querySelectorAll("details[data-line]")) {
      details.addEventListener("toggle", () => {
        if (details.open && !details.querySelector("table, p")) details.append(verdict(lines[Number(details.dataset.line)]));
      });
    }
    filter.addEventListener("input", () => narrow(series));
    changed.addEventListener("change", () => narrow(series));
    addEventListener("hashchange", arrive);
    // The browser goes to the address itself when it has loaded, and takes the focus away.
    if (document.readyState === "complete") arrive();
    else addEventListener("load", () => requestAnimationFrame(arrive));
  });
})();
