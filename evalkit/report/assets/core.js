"use strict";
// What every page uses: data that arrives as scripts, elements without markup in strings, numbers, tips and colours.
window.evalkit = (() => {
  const { root, at = "", pairs = "pairs/" } = document.documentElement.dataset;
  const held = new Map();
  const asked = new Map();

  function receive(name, content) {
    held.set(name, content);
  }

  /**
   * The content of `data/<name>.js`, loaded once. A page from a file may not fetch, but it may add a script. A page of
   * one protocol of a site has its data in a folder of its own; a name with "/" before it is of the whole site.
   */
  function load(short) {
    const name = short.startsWith("/") ? short.slice(1) : at + short;
    if (held.has(name)) return Promise.resolve(held.get(name));
    if (!asked.has(name)) {
      asked.set(name, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `${root}data/${name}.js`;
        script.addEventListener("load", () => resolve(held.get(name)));
        script.addEventListener("error", () => reject(new Error(`data/${name}.js is not there`)));
        document.head.append(script);
      }));
    }
    return asked.get(name);
  }

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  }

  function el(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  }

  function empty(title, text = "") {
    return el("p", { class: "empty" }, el("b", {}, title), text);
  }

  function number(value, decimals) {
    return value === null || value === undefined ? "–" : value.toFixed(decimals);
  }

  function metricName(metric) {
    return metric.variant ? `${metric.title} (${metric.variant})` : metric.title;
  }

  function arrow(metric) {
    return { higher: "↑", lower: "↓" }[metric.better] ?? "";
  }

  function options(select, entries, chosen) {
    select.replaceChildren(...entries.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
  }

  /** Round numbers from `low` to `high`, about five. */
  function ticks(low, high) {
    const rough = (high - low) / 5;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
    const found = [];
    for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(Number(value.toPrecision(6)));
    return found;
  }

  /** The page of a pair; null where there is none. */
  function pairLink(slug, parameters = {}, folder = pairs) {
    const hash = new URLSearchParams(parameters).toString();
    return folder && slug ? `${root}${folder}${slug}.html${hash ? `#${hash}` : ""}` : null;
  }

  /** What the address of the page says it should show, behind its "#": names and values. */
  function remembered() {
    return new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  }

  /** Keeps what a page shows in its address, so that the address leads back to it. An empty value is left out. */
  function remember(values) {
    const kept = remembered();
    for (const [name, value] of Object.entries(values)) {
      if (value === "" || value === null || value === undefined) kept.delete(name);
      else kept.set(name, value);
    }
    const text = kept.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }

  /** The value of a colour variable, for canvases, which know no variables. */
  function color(name) {
    const probe = el("i", { style: `color:var(${name});display:none` });
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  function methodColor(index) {
    return `--m${index % 8}`;
  }

  /** Dashes tell methods apart that share a colour. */
  function methodDash(index) {
    return ["", "6 3", "2 3", "8 3 2 3", "1 4"][Math.floor(index / 8) % 5];
  }

  const tip = el("div", { class: "tip", role: "status", hidden: true });
  document.body.append(tip);

  function showTip(x, y, ...content) {
    tip.replaceChildren(...content);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = Math.min(Math.max(x - box.width / 2, 8), innerWidth - box.width - 8);
    const top = y - box.height - 12 < 0 ? y + 16 : y - box.height - 12;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${top + scrollY}px`;
  }

  function hideTip() {
    tip.hidden = true;
  }

  /** Calls `action` once, when `element` is about to be seen. */
  function whenSeen(element, action) {
    const watcher = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        watcher.disconnect();
        action();
      }
    }, { rootMargin: "400px" });
    watcher.observe(element);
  }

  /** Whether every word of `query` is part of `text`. */
  function matches(text, query) {
    const whole = text.toLowerCase();
    return query.toLowerCase().split(/\s+/).every((word) => whole.includes(word));
  }

  return {
    root, receive, load, el, svg, empty, number, metricName, arrow, options, pairLink, color, methodColor, methodDash,
    showTip, hideTip, whenSeen, matches, ticks, remember, remembered,
  };
})();
