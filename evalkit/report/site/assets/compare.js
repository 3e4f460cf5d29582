"use strict";
// A against B on one protocol: every metric with its paired difference, then pair by pair. The address keeps the choice.
(() => {
  const { el, svg, number } = evalkit;
  const byId = (id) => document.getElementById(id);
  const [selectA, selectB, selectBoard, selectMetric] = ["a", "b", "board", "metric"].map(byId);
  const HEIGHT = 420;
  let boards = [];
  let redraw = () => {};

  function methods() {
    return [...new Map(boards.flatMap((board) => board.methods.map((method) => [method.name, method.title]))).entries()];
  }

  function withBoth() {
    const has = (board, name) => board.methods.some((method) => method.name === name);
    return boards.filter((board) => has(board, selectA.value) && has(board, selectB.value));
  }

  function signed(value, decimals) {
    return value === null ? "–" : `${value > 0 ? "+" : ""}${number(value, decimals)}`;
  }

  function words(found, metric, value) {
    if (found === null) return value[0][0] === null || value[1][0] === null ? ["", "a value is missing"] : ["", "no values per clip to test"];
    const [mean, , , p, , why] = found;
    if (p === null) return ["", `no test: ${why}`];
    if (p > evalkit.APART) return ["", "not told apart"];
    return mean > 0 === (metric.better === "higher") ? ["good", "A is better"] : ["bad", "B is better"];
  }

  function told(site, method, value, metric) {
    const [middle, low, high] = value;
    const other = site.others[`${method},${metric.key}`];
    if (other) return el("a", { class: "other", href: `${evalkit.root}${other}` }, "other signature");
    return [number(middle, metric.decimals), low === null ? null : el("small", { class: "interval" }, `${number(low, metric.decimals)} to ${number(high, metric.decimals)}`)];
  }

  function table(site, pareto, couples, a, b) {
    const named = (side, method) => [side, el("small", {}, site.methods[method].title)];
    const head = ["Metric", "Verdict", named("A", a), named("B", b), "A minus B", "p", "Clips"].map((text, index) => el("th", { scope: "col", class: index === 0 ? "name" : index > 1 ? "number" : null }, text));
    const rows = site.metrics.map((metric, index) => {
      const value = [a, b].map((method) => pareto.values[index][method]);
      const found = evalkit.couple(couples[index], a, b);
      const [level, word] = [a, b].some((method) => `${method},${metric.key}` in site.others) ? ["", "not compared: another signature"] : words(found, metric, value);
      const name = el("a", { href: `${evalkit.root}${metric.href}` }, evalkit.metricName(metric));
      const interval = found && found[1] !== null ? el("small", { class: "interval" }, `${signed(found[1], metric.decimals)} to ${signed(found[2], metric.decimals)}`) : null;
      return el("tr", {},
        el("th", { scope: "row", class: "name" }, name, ` ${evalkit.arrow(metric)}`),
        el("td", { class: level }, word),
        value.map((one, side) => el("td", { class: "number" }, told(site, [a, b][side], one, metric))),
        el("td", { class: "number" }, found ? signed(found[0], metric.decimals) : "–", interval),
        el("td", { class: "number" }, found && found[3] !== null ? (found[3] < 0.001 ? "< 0.001" : found[3].toPrecision(2)) : "–"),
        el("td", { class: "number" }, found ? String(found[4]) : "–"));
    });
    byId("differences").replaceChildren(el("table", { class: "results" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)));
    const [won, lost] = ["good", "bad"].map((level) => byId("differences").querySelectorAll(`td.${level}`).length);
    byId("shown").textContent = `${site.methods[a].title} is better in ${won}, ${site.methods[b].title} in ${lost} of ${site.metrics.length} metrics.`;
  }

  function scatter(site, metric, means, pairs, report, a, b) {
    const chart = byId("clips-chart");
    const points = means[a].map((x, index) => ({ x, y: means[b][index], pair: pairs[index] })).filter((point) => point.x !== null && point.y !== null);
    if (!points.length) {
      chart.replaceChildren(evalkit.empty("No clip has both values."));
      return;
    }
    const values = points.flatMap((point) => [point.x, point.y]);
    let [low, high] = [Math.min(...values), Math.max(...values)];
    const margin = (high - low || Math.abs(high) || 1) * 0.08;
    [low, high] = [low - margin, high + margin];
    const width = Math.max(chart.clientWidth - 36, 240);
    const [left, right, top, bottom] = [64, 16, 14, 52];
    const sx = (value) => left + (width - left - right) * (value - low) / (high - low);
    const sy = (value) => HEIGHT - bottom - (HEIGHT - top - bottom) * (value - low) / (high - low);
    const ticks = evalkit.ticks(low, high);
    const [nameA, nameB] = [a, b].map((method) => site.methods[method].title);
    const grid = ticks.flatMap((value) => [
      svg("line", { class: "axis", x1: sx(value), x2: sx(value), y1: top, y2: HEIGHT - bottom }), svg("text", { x: sx(value), y: HEIGHT - bottom + 18, "text-anchor": "middle" }, String(value)),
      svg("line", { class: "axis", x1: left, x2: width - right, y1: sy(value), y2: sy(value) }), svg("text", { x: left - 8, y: sy(value) + 4, "text-anchor": "end" }, String(value)),
    ]);
    const higher = metric.better === "higher";
    const sides = [
      svg("text", { class: "side", x: left + 12, y: top + 18 }, higher ? "B is better" : "A is better"),
      svg("text", { class: "side", x: width - right - 12, y: HEIGHT - bottom - 12, "text-anchor": "end" }, higher ? "A is better" : "B is better"),
    ];
    const short = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);
    const names = [
      svg("text", { class: "strong", x: (left + width - right) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, short(`A: ${nameA}`)),
      svg("text", { class: "strong", x: 14, y: HEIGHT / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${HEIGHT / 2})` }, short(`B: ${nameB}`)),
    ];
    const better = points.filter((point) => point.x !== point.y && point.x > point.y === higher).length;
    const even = points.filter((point) => point.x === point.y).length;
    byId("clips-explain").textContent = `A dot is a pair; on the line both are the same. A is better on ${better} of ${points.length} pairs${even ? `, the same on ${even}` : ""}. ${report ? "Choose a dot to watch the pair." : ""}`;
    const dots = points.map((point) => svg("circle", { class: "pair-dot", cx: sx(point.x), cy: sy(point.y), r: 5 }));
    const label = `${evalkit.metricName(metric)} of ${nameA} against ${nameB}, pair by pair. Arrow keys go through the pairs${report ? ", Enter opens one" : ""}.`;
    const drawing = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", tabindex: 0, "aria-label": label }, grid, svg("line", { class: "even", x1: sx(low), y1: sy(low), x2: sx(high), y2: sy(high) }), sides, names, dots);
    listen(drawing, points, dots, metric, report);
    chart.replaceChildren(drawing);
  }

  function listen(drawing, points, dots, metric, report) {
    let chosen = -1;
    const choose = (index) => {
      dots[chosen]?.classList.remove("chosen");
      chosen = index;
      if (index < 0) return evalkit.hideTip();
      dots[index].classList.add("chosen");
      const box = dots[index].getBoundingClientRect();
      const { x, y, pair } = points[index];
      evalkit.showTip(box.left + box.width / 2, box.top, el("b", {}, pair.id), el("br"), `A ${number(x, metric.decimals)}, B ${number(y, metric.decimals)}`);
    };
    const open = () => {
      const page = chosen < 0 ? null : evalkit.pairLink(points[chosen].pair.slug, { metric: metric.key }, report && `${report}pairs/`);
      if (page) location.href = page;
    };
    dots.forEach((dot, index) => {
      dot.addEventListener("pointerenter", () => choose(index));
      dot.addEventListener("click", open);
    });
    drawing.addEventListener("pointerleave", () => choose(-1));
    drawing.addEventListener("blur", () => choose(-1));
    drawing.addEventListener("keydown", (event) => {
      const last = points.length - 1;
      const to = { ArrowRight: Math.min(chosen + 1, last), ArrowLeft: chosen < 0 ? last : Math.max(chosen - 1, 0), Home: 0, End: last }[event.key];
      if (event.key === "Enter") open();
      if (to === undefined) return;
      event.preventDefault();
      choose(to);
    });
  }

  async function show() {
    const both = withBoth();
    evalkit.options(selectBoard, both.map((board) => [board.slug, board.title]), both.some((board) => board.slug === selectBoard.value) ? selectBoard.value : both[0]?.slug);
    const board = both.find((one) => one.slug === selectBoard.value);
    byId("clips-part").hidden = !board || selectA.value === selectB.value;
    byId("shown").textContent = "";
    evalkit.remember({ a: selectA.value, b: selectB.value, board: board?.slug });
    if (selectA.value === selectB.value) return byId("differences").replaceChildren(evalkit.empty("Choose two different methods."));
    if (!board) return byId("differences").replaceChildren(evalkit.empty("No protocol has both.", "They were measured on different protocols or data, and such numbers are not compared."));
    const [site, pareto, { couples }, pairs] = await Promise.all(["site", "pareto", "couples", "pairs"].map((name) => evalkit.load(`/boards/${board.slug}/${name}`)));
    const [a, b] = [selectA, selectB].map((select) => site.methods.findIndex((method) => method.name === select.value));
    table(site, pareto, couples, a, b);
    const known = site.metrics.filter((metric) => metric.clips !== null);
    byId("clips-part").hidden = !known.length;
    if (!known.length) return undefined;
    const wanted = evalkit.remembered().get("metric");
    evalkit.options(selectMetric, known.map((metric) => [metric.key, evalkit.metricName(metric)]), known.some((metric) => metric.key === wanted) ? wanted : known[0].key);
    const draw = async () => {
      const metric = known.find((one) => one.key === selectMetric.value);
      const { means } = await evalkit.load(`/boards/${board.slug}/clips-${metric.clips}`);
      redraw = () => scatter(site, metric, means, pairs, board.report, a, b);
      redraw();
    };
    selectMetric.onchange = () => {
      evalkit.remember({ metric: selectMetric.value });
      draw();
    };
    return draw();
  }

  evalkit.load("/boards").then((found) => {
    boards = found;
    const asked = evalkit.remembered();
    const entries = methods();
    const names = entries.map(([name]) => name);
    const first = names.includes(asked.get("a")) ? asked.get("a") : names[0];
    const second = names.includes(asked.get("b")) ? asked.get("b") : names.find((name) => name !== first) ?? first;
    evalkit.options(selectA, entries, first);
    evalkit.options(selectB, entries, second);
    if (asked.has("board")) evalkit.options(selectBoard, boards.map((board) => [board.slug, board.title]), asked.get("board"));
    for (const select of [selectA, selectB, selectBoard]) select.addEventListener("change", show);
    byId("swap").addEventListener("click", () => {
      [selectA.value, selectB.value] = [selectB.value, selectA.value];
      show();
    });
    new ResizeObserver(() => redraw()).observe(byId("clips-chart"));
    return show();
  });
})();
