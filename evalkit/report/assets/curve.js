"use strict";
// One metric over the frames of a pair, a line per method, with a playhead.
evalkit.Curve = class {
  #data = null;
  #head = null;

  constructor(element, site, onseek) {
    this.element = element;
    this.site = site;
    this.onseek = onseek;
    this.hidden = new Set();
    this.frame = 0;
    element.addEventListener("pointerdown", (event) => this.#point(event, true));
    element.addEventListener("pointermove", (event) => this.#point(event, event.buttons === 1));
    element.addEventListener("pointerleave", evalkit.hideTip);
    new ResizeObserver(() => this.redraw()).observe(element);
  }

  /** `rows` [method] are numbers per frame or null; `gaps` [method] are [first, last, status]. */
  show(metric, rows, gaps, frames) {
    this.#data = { metric, rows, gaps, frames };
    this.redraw();
  }

  move(frame) {
    this.frame = frame;
    if (this.#head) this.#head.setAttribute("transform", `translate(${this.#x(frame)} 0)`);
  }

  redraw() {
    if (!this.#data) return;
    const { svg, empty, number } = evalkit;
    const { metric, rows, frames } = this.#data;
    const shown = this.site.order.filter((method) => rows[method] && !this.hidden.has(method));
    const values = shown.flatMap((method) => rows[method]).filter((value) => value !== null);
    this.#head = null;
    if (!values.length) {
      const all = rows.every((row) => row === null);
      this.element.replaceChildren(all ? empty("There are no frame scores for this pair.", "The pair failed, or the run was copied without its frames.parquet.") : empty("No chosen method has a value here."));
      return;
    }
    const width = Math.max(this.element.clientWidth - 34, 260);
    const height = width < 520 ? 180 : 230;
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    this.box = { left: 56, right: width - 12, top: 12, bottom: height - 30, frames };
    const y = (value) => this.box.bottom - (this.box.bottom - this.box.top) * (value - low) / (high - low);
    const grid = [low, (low + high) / 2, high].map((value) => [
      svg("line", { class: "axis", x1: this.box.left, x2: this.box.right, y1: y(value), y2: y(value) }),
      svg("text", { x: this.box.left - 8, y: y(value) + 4, "text-anchor": "end" }, number(value, metric.decimals)),
    ]);
    const step = Math.max(1, Math.ceil(frames / (width / 70) / 5) * 5);
    const ticks = [];
    for (let frame = 0; frame < frames; frame += step) ticks.push(svg("text", { x: this.#x(frame), y: height - 10, "text-anchor": "middle" }, String(frame)));
    const lines = shown.map((method) => svg("path", {
      d: this.#path(rows[method], y), fill: "none", stroke: `var(${evalkit.methodColor(method)})`, "stroke-width": 2,
      "stroke-dasharray": evalkit.methodDash(method), "stroke-linejoin": "round", "stroke-linecap": "round",
    }));
    this.#head = svg("g", {}, svg("line", { x1: 0, x2: 0, y1: this.box.top - 4, y2: this.box.bottom + 4, stroke: "var(--ink)", "stroke-width": 1.5 }));
    const label = `${metric.title} per frame; ${metric.better} is better. The frame slider moves the playhead.`;
    this.element.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, style: `height:${height}px` }, grid, ticks, lines, this.#head));
    this.move(this.frame);
  }

  #x(frame) {
    const { left, right, frames } = this.box;
    return left + (right - left) * (frames > 1 ? frame / (frames - 1) : 0.5);
  }

  /** Lines break where there is no value; a value between two gaps is a dot. */
  #path(row, y) {
    let path = "";
    let drawing = false;
    row.forEach((value, frame) => {
      if (value !== null) path += `${drawing ? "L" : "M"}${this.#x(frame).toFixed(1)} ${y(value).toFixed(1)}${drawing ? "" : "h0"}`;
      drawing = value !== null;
    });
    return path;
  }

  #point(event, seek) {
    const drawing = this.element.querySelector("svg");
    if (!drawing || !this.#head) return;
    const { el, number } = evalkit;
    const { metric, rows, gaps, frames } = this.#data;
    const box = drawing.getBoundingClientRect();
    const { left, right } = this.box;
    const x = (event.clientX - box.left) * (drawing.viewBox.baseVal.width / box.width);
    const frame = Math.min(Math.max(Math.round((x - left) / (right - left) * (frames - 1)), 0), frames - 1);
    if (seek) this.onseek(frame);
    const lines = this.site.order.filter((m) => rows[m] && !this.hidden.has(m)).slice(0, 12).map((method) => {
      const gap = gaps[method].find(([first, last]) => first <= frame && frame <= last);
      const value = rows[method][frame] === null ? gap?.[2].replaceAll("_", " ") ?? "–" : number(rows[method][frame], metric.decimals);
      return [el("br"), `${this.site.methods[method].title}: ${value}`];
    });
    evalkit.showTip(event.clientX, box.top + 10, el("b", {}, `Frame ${frame}`), ...lines.flat());
  }
};
