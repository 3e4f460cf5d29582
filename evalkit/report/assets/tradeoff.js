"use strict";
// One metric against another: points, intervals, and who is on the Pareto front (found when the report was made).
(() => {
  const { el, svg, number } = evalkit;
  const chart = document.getElementById("trade-chart");
  const across = document.getElementById("trade-x");
  const up = document.getElementById("trade-y");
  const [HEIGHT, WIDE] = [420, 640];
  const LABELLED = 12;

  function scale(values, low, high, better) {
    const [a, b] = [Math.min(...values), Math.max(...values)];
    const margin = (b - a || Math.abs(a) || 1) * 0.12;
    const [from, to] = better === "lower" ? [b + margin, a - margin] : [a - margin, b + margin];
    const place = (value) => low + (high - low) * (value - from) / (to - from);
    return { place, ticks: evalkit.ticks(Math.min(from, to), Math.max(from, to)) };
  }

  /** Names beside points, moved apart where they would meet. */
  function separate(points) {
    const placed = [];
    for (const point of [...points].sort((a, b) => a.y - b.y)) {
      let y = point.y + 4;
      while (placed.some((other) => Math.abs(other.x - point.x) < 130 && Math.abs(other.y - y) < 14)) y += 14;
      point.label = y;
      placed.push({ x: point.x, y });
    }
  }

  function marker(point, radius) {
    const style = `stroke:var(--c);stroke-width:2;fill:${point.front ? "var(--c)" : "var(--surface)"};--c:var(${evalkit.methodColor(point.method)})`;
    if (!point.anchor) return svg("circle", { cx: point.x, cy: point.y, r: radius, style });
    const side = radius + 1;
    return svg("path", { d: `M${point.x} ${point.y - side}l${side} ${side}l${-side} ${side}l${-side} ${-side}z`, style });
  }

  function draw(site, pareto) {
    const [x, y] = [Number(across.value), Number(up.value)];
    const [mx, my] = [site.metrics[x], site.metrics[y]];
    const width = Math.max(chart.clientWidth - 36, 240);
    const [left, right, top, bottom] = [64, width > WIDE ? 170 : 16, 16, 52];
    const methods = site.order.filter((m) => pareto.values[x][m][0] !== null && pareto.values[y][m][0] !== null);
    if (x === y || !methods.length) {
      chart.replaceChildren(evalkit.empty(x === y ? "Choose two different metrics." : "No method has both values."));
      return;
    }
    const known = (metric) => methods.flatMap((m) => pareto.values[metric][m]).filter((value) => value !== null);
    const sx = scale(known(x), left, width - right, mx.better);
    const sy = scale(known(y), HEIGHT - bottom, top, my.better);
    const front = new Set(pareto.fronts[x < y ? `${x},${y}` : `${y},${x}`]);
    const fastest = Math.max(...methods.map((m) => pareto.fps[m] ?? 0));
    const points = methods.map((method) => ({
      method, title: site.methods[method].title, anchor: site.methods[method].anchor, front: front.has(method),
      x: sx.place(pareto.values[x][method][0]), y: sy.place(pareto.values[y][method][0]),
      radius: 5 + (fastest ? 5 * Math.sqrt((pareto.fps[method] ?? 0) / fastest) : 1),
    }));
    separate(points);
    const grid = [
      ...sx.ticks.map((value) => [svg("line", { class: "axis", x1: sx.place(value), x2: sx.place(value), y1: top, y2: HEIGHT - bottom }), svg("text", { x: sx.place(value), y: HEIGHT - bottom + 18, "text-anchor": "middle" }, String(value))]),
      ...sy.ticks.map((value) => [svg("line", { class: "axis", x1: left, x2: width - right, y1: sy.place(value), y2: sy.place(value) }), svg("text", { x: left - 8, y: sy.place(value) + 4, "text-anchor": "end" }, String(value))]),
    ].flat();
    const names = [
      svg("text", { class: "strong", x: (left + width - right) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, `${evalkit.metricName(mx)} ${evalkit.arrow(mx)}`),
      svg("text", { class: "strong", x: 14, y: HEIGHT / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${HEIGHT / 2})` }, `${evalkit.metricName(my)} ${evalkit.arrow(my)}`),
    ];
    const drawn = points.map((point) => one(point, site, pareto, x, y, sx, sy, points.length <= LABELLED || point.front, width <= WIDE && point.x > width / 2));
    const label = `${mx.title} against ${my.title}. On the front: ${points.filter((p) => p.front).map((p) => p.title).join(", ") || "nobody"}.`;
    chart.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "group", "aria-label": label }, grid, names, drawn));
  }

  function one(point, site, pareto, x, y, sx, sy, named, before) {
    const [vx, vy] = [pareto.values[x][point.method], pareto.values[y][point.method]];
    const whisker = { stroke: `var(${evalkit.methodColor(point.method)})`, "stroke-opacity": 0.45 };
    const bars = [];
    if (vx[1] !== null) bars.push(svg("line", { ...whisker, x1: sx.place(vx[1]), x2: sx.place(vx[2]), y1: point.y, y2: point.y }));
    if (vy[1] !== null) bars.push(svg("line", { ...whisker, y1: sy.place(vy[1]), y2: sy.place(vy[2]), x1: point.x, x2: point.x }));
    const told = [[site.metrics[x], vx], [site.metrics[y], vy]].map(([metric, v]) => `${metric.title} ${number(v[0], metric.decimals)}`);
    if (pareto.fps[point.method] !== null) told.push(`${number(pareto.fps[point.method], 1)} fps`);
    const name = named ? svg("text", { class: "strong", x: point.x + (point.radius + 6) * (before ? -1 : 1), y: point.label, "text-anchor": before ? "end" : "start" }, point.title.length > 22 ? `${point.title.slice(0, 21)}…` : point.title) : null;
    const state = point.anchor ? "anchor" : point.front ? "on the front" : "not on the front";
    const group = svg("g", { tabindex: 0, role: "img", "aria-label": `${point.title}: ${told.join(", ")}, ${state}` }, bars, marker(point, point.radius), name);
    const show = () => {
      const box = group.querySelector("circle, path").getBoundingClientRect();
      evalkit.showTip(box.left + box.width / 2, box.top, el("b", {}, point.title), el("br"), `${told.join(", ")}, ${state}`);
    };
    for (const event of ["pointerenter", "focus"]) group.addEventListener(event, show);
    for (const event of ["pointerleave", "blur"]) group.addEventListener(event, evalkit.hideTip);
    return group;
  }

  /** Identity against motion where both were measured, else the first two metrics. */
  function firstChoice(metrics) {
    const of = (ids) => metrics.findIndex((metric) => ids.includes(metric.key.split("[")[0]));
    const identity = of(["csim"]);
    const motion = of(["aed", "apd", "akd", "e_rmse", "p_rmse"]);
    return identity >= 0 && motion >= 0 ? [identity, motion] : [0, 1];
  }

  Promise.all([evalkit.load("site"), evalkit.load("pareto")]).then(([site, pareto]) => {
    if (site.metrics.length < 2) {
      document.getElementById("trade").hidden = true;
      return;
    }
    const asked = evalkit.remembered();
    const known = (name) => site.metrics.findIndex((metric) => metric.key === asked.get(name));
    const [x, y] = known("x") < 0 || known("y") < 0 ? firstChoice(site.metrics) : [known("x"), known("y")];
    const entries = site.metrics.map((metric, index) => [index, evalkit.metricName(metric)]);
    evalkit.options(across, entries, x);
    evalkit.options(up, entries, y);
    const update = () => draw(site, pareto);
    for (const select of [across, up]) {
      select.addEventListener("change", () => {
        update();
        evalkit.remember({ x: site.metrics[across.value].key, y: site.metrics[up.value].key });
      });
    }
    new ResizeObserver(update).observe(chart);
  });
})();
