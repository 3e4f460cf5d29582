"use strict";
// The page of a pair: all its clips under one control, with the curve, the landmarks and the difference.
(() => {
  const { el, number } = evalkit;
  const byId = (id) => document.getElementById(id);
  const [stage, transport, scrub, play, clock, speed] = ["stage", "transport", "scrub", "play", "clock", "speed"].map(byId);
  const [differenceSelect, landmarksBox, metricSelect, legend] = ["difference", "landmarks", "metric", "legend"].map(byId);
  const NAMES = { no_face_generated: "no face found", no_face_reference: "no face in the reference", carried: "no face: last one used", worst_case: "no face: worst value" };
  const [SIDE, MANY] = [384, 6];
  const [OWN_INK, DRIVING_INK] = ["#38e0ff", "#ffd166"];

  function say(text, kind = "") {
    byId("messages").append(el("p", { class: kind }, text));
  }

  function start(site, pair) {
    const metrics = site.metrics.filter((metric) => metric.clips !== null);
    const asked = new URLSearchParams(location.hash.slice(1));
    const first = Math.min(Math.max(Number.parseInt(asked.get("frame") ?? "0", 10) || 0, 0), Math.max(pair.frames - 1, 0));
    let metric = Math.max(metrics.findIndex((each) => each.key === asked.get("metric")), 0);
    const mosaic = pair.media.video ? new evalkit.Mosaic(pair.media) : null;
    const tiles = makeTiles(site, pair, mosaic);
    const curve = new evalkit.Curve(byId("curve"), site, (frame) => go(frame));
    const names = mosaic ? tiles.filter((tile) => tile.context).map((tile) => tile.name) : [];
    const wipe = names.length > 1 ? new evalkit.Wipe(byId("wipe-part"), mosaic, names, (name) => title(site, name)) : null;
    let landmarks = null;
    let frame = first;

    function show(at) {
      frame = at;
      scrub.value = at;
      scrub.setAttribute("aria-valuetext", `Frame ${at} of ${pair.frames - 1}`);
      clock.value = `${at} / ${pair.frames - 1}` + (mosaic ? ` · ${(at / mosaic.media.fps).toFixed(2)} s` : "");
      curve.move(at);
      for (const tile of tiles) if (!tile.figure.hidden) paint(tile, at);
      wipe?.draw();
    }

    function paint(tile, at) {
      const base = differenceSelect.value;
      if (mosaic && tile.context) {
        const drawn = mosaic.draw(tile.context, tile.name);
        const compared = drawn && base && tile.method !== null && base !== tile.name && mosaic.media.tiles.includes(base);
        if (compared) mosaic.draw(tile.context, base, "difference");
        tile.canvas.style.filter = compared ? "url(#heat)" : "";
        tile.ink.clearRect(0, 0, SIDE, SIDE);
        if (landmarks && landmarksBox.checked) drawLandmarks(tile, at);
      }
      if (tile.method === null || !metrics.length) return;
      const row = pair.values[metric][tile.method];
      const gap = pair.gaps[metric][tile.method]?.find(([from, to]) => from <= at && at <= to);
      tile.now.textContent = row ? number(row[at], metrics[metric].decimals) : "";
      tile.gap.hidden = !gap;
      tile.gap.textContent = gap ? NAMES[gap[2]] ?? gap[2] : "";
    }

    function drawLandmarks(tile, at) {
      const face = (name) => landmarks.tiles[name] && evalkit.overlay.at(landmarks.tiles[name], landmarks.points, landmarks.top, at);
      const [own, driving] = [face(tile.name), face("driving")];
      if (driving && tile.name !== "source") evalkit.overlay.draw(tile.ink, driving, DRIVING_INK);
      if (own && tile.name !== "driving") evalkit.overlay.draw(tile.ink, own, OWN_INK);
    }

    function go(to) {
      const at = Math.min(Math.max(to, 0), pair.frames - 1);
      if (mosaic?.playing) toggle();
      if (mosaic?.video) mosaic.seek(at);
      show(at);
    }

    function toggle() {
      if (!mosaic) return;
      if (mosaic.playing) mosaic.pause();
      else mosaic.play(Number(speed.value));
      play.textContent = mosaic.playing ? "❚❚" : "▶";
      play.setAttribute("aria-label", mosaic.playing ? "Pause" : "Play");
    }

    async function toggleLandmarks() {
      if (landmarksBox.checked && !landmarks) {
        const found = await evalkit.load(`landmarks/${pair.slug}`);
        const unpacked = Object.entries(found.tiles).map(([name, packed]) => [name, evalkit.overlay.points(packed)]);
        landmarks = { ...found, tiles: Object.fromEntries(unpacked) };
      }
      describe();
      show(frame);
    }

    function describe() {
      const parts = [];
      if (landmarksBox.checked) {
        const from = pair.landmarks.detector;
        const key = (colour, text) => [el("i", { class: "key", style: `background:${colour}` }), text];
        const driving = landmarks?.tiles.driving ? key(DRIVING_INK, "driving clip") : [];
        parts.push(el("span", {}, key(OWN_INK, "this clip"), driving, ` (landmarks of ${from}). `));
        if (Object.keys(pair.landmarks.missing).length) parts.push(`Without landmarks: ${Object.entries(pair.landmarks.missing).map(([name, why]) => `${title(site, name)} (${why})`).join(", ")} `);
      }
      if (differenceSelect.value) {
        parts.push(el("span", {}, el("span", { class: "heatbar" }), "no difference to large difference, from the compressed video: to look at, not to measure. "));
        if (site.task === "cross_reenactment" && differenceSelect.value === "driving") parts.push(`Two people differ everywhere; ${bases.includes("truth") ? "compare with the true clip instead" : "in cross-reenactment there is no true frame to compare with"}. `);
      }
      legend.replaceChildren(...parts);
      legend.hidden = !parts.length;
    }

    function choose(index) {
      metric = index;
      if (metrics.length) curve.show(metrics[metric], pair.values[metric], pair.gaps[metric], pair.frames);
      for (const cell of byId("means").querySelectorAll("[data-metric]")) cell.classList.toggle("current", Number(cell.dataset.metric) === metric);
      show(frame);
    }

    if (pair.media.reason) say(`There is no video of this pair. ${pair.media.reason}`);
    if (pair.absent && pair.media.video) say(`Source and driving clip are not shown: ${pair.absent}`);
    scrub.max = Math.max(pair.frames - 1, 0);
    transport.hidden = byId("tools").hidden = !pair.frames;
    for (const control of [play, speed, differenceSelect]) control.disabled = !mosaic;
    const bases = mosaic ? mosaic.media.tiles.filter((name) => name !== "source") : [];
    evalkit.options(differenceSelect, [["", "off"], ...bases.map((name) => [name, `to ${title(site, name).toLowerCase() === "driving" ? "driving" : title(site, name)}`])], "");
    landmarksBox.disabled = !pair.landmarks.file || !mosaic;
    landmarksBox.closest("label").title = pair.landmarks.note ?? (pair.landmarks.file ? "" : landmarkReason(pair));
    if (landmarksBox.disabled && mosaic && pair.frames) say(pair.landmarks.note ?? `No landmarks are shown. ${landmarkReason(pair)}`);
    evalkit.options(metricSelect, metrics.map((each, index) => [index, evalkit.metricName(each)]), metric);
    makeChips(site, tiles, (method, shown) => {
      if (shown) curve.hidden.delete(method);
      else curve.hidden.add(method);
      for (const tile of tiles) if (tile.method === method) tile.figure.hidden = !shown;
      curve.redraw();
      show(frame);
    });
    makeMeans(site, pair, metrics);
    evalkit.overlay.installHeat();

    play.addEventListener("click", toggle);
    byId("back").addEventListener("click", () => go(frame - 1));
    byId("forward").addEventListener("click", () => go(frame + 1));
    scrub.addEventListener("input", () => go(Number(scrub.value)));
    speed.addEventListener("change", () => { if (mosaic.playing) mosaic.video.playbackRate = Number(speed.value); });
    differenceSelect.addEventListener("change", () => { describe(); show(frame); });
    landmarksBox.addEventListener("change", toggleLandmarks);
    metricSelect.addEventListener("change", () => choose(Number(metricSelect.value)));
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("input:not([type=checkbox]), select, textarea, button, a, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
      const action = { " ": toggle, ArrowLeft: () => go(frame - 1), ArrowRight: () => go(frame + 1), Home: () => go(0), End: () => go(pair.frames - 1) }[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    });
    choose(metric);
    if (mosaic) {
      mosaic.onframe = show;
      mosaic.onproblem = (text) => say(text, "bad");
      mosaic.open(first);
    }
  }

  function landmarkReason(pair) {
    return `${Object.values(pair.landmarks.missing)[0] ?? "There is no clip."} Make the report with --landmarks extract to find them now.`;
  }

  function title(site, name) {
    return { source: "Source", driving: "Driving", truth: "True clip" }[name] ?? site.methods[Number(name)].title;
  }

  function makeTiles(site, pair, mosaic) {
    const names = ["source", "driving", "truth", ...site.order.map(String)];
    const tiles = names.map((name) => makeTile(site, pair, mosaic, name)).filter((tile) => tile !== null);
    stage.replaceChildren(...tiles.map((tile) => tile.figure));
    return tiles;
  }

  /** A tile, or null for a source or driving clip that nothing is known of. */
  function makeTile(site, pair, mosaic, name) {
    const method = /^\d+$/.test(name) ? Number(name) : null;
    const there = mosaic?.media.tiles.includes(name) ?? false;
    const why = mosaic?.media.problems[name] ?? (method === null ? null : pair.reasons[method]);
    if (method === null && !there && !why) return null;
    const frame = el("div", { class: "frame" });
    const tile = { name, method, now: el("span", { class: "now" }), gap: el("span", { class: "gap", hidden: true }), context: null };
    if (there) {
      const layers = [0, 1].map(() => el("canvas", { width: SIDE, height: SIDE, "aria-hidden": "true" }));
      [tile.canvas, tile.context, tile.ink] = [layers[0], ...layers.map((layer) => layer.getContext("2d"))];
      frame.append(...layers);
    }
    frame.append(tile.gap);
    if (why) frame.append(el("div", { class: "absent" }, why));
    else if (!there) frame.append(el("div", { class: "absent" }, "No video"));
    const dot = method === null ? null : el("i", { class: "dot", style: `--c:var(${evalkit.methodColor(method)})` });
    const who = el("span", { class: method === null ? "who given" : "who" }, dot, title(site, name));
    tile.figure = el("figure", { class: "tile" }, frame, el("figcaption", {}, who, tile.now));
    return tile;
  }

  /** A switch per method for its clip and its line, and with many of them one for all. */
  function makeChips(site, tiles, onchange) {
    const methods = tiles.map((tile) => tile.method).filter((method) => method !== null);
    const boxes = methods.map((method) => {
      const box = el("input", { type: "checkbox", checked: true });
      box.addEventListener("change", () => onchange(method, box.checked));
      return [box, el("label", {}, box, el("i", { class: "dot", style: `--c:var(${evalkit.methodColor(method)})` }), site.methods[method].title)];
    });
    const all = ["All", "None"].map((text) => {
      const button = el("button", { type: "button" }, text);
      button.addEventListener("click", () => boxes.forEach(([box]) => { if (box.checked !== (text === "All")) box.click(); }));
      return button;
    });
    byId("chips").replaceChildren(...(methods.length > MANY ? all : []), ...boxes.map(([, label]) => label));
  }

  function makeMeans(site, pair, metrics) {
    const head = el("tr", {}, el("th", { scope: "col", class: "name" }, "Method"), metrics.map((metric) =>
      el("th", { scope: "col", class: "number" }, `${metric.title} ${evalkit.arrow(metric)}`, metric.variant ? el("small", {}, metric.variant) : null)));
    const rows = site.order.map((method) => el("tr", {}, el("th", { scope: "row", class: "name" }, site.methods[method].title), metrics.map((metric, index) => {
      const covered = pair.coverage[index][method];
      const value = pair.means[index][method];
      const partial = value !== null && covered < 1 ? el("small", { class: "coverage" }, ` ${(100 * covered).toFixed(0)} %`) : null;
      return el("td", { class: "number", "data-metric": index }, number(value, metric.decimals), partial);
    })));
    byId("means").replaceChildren(el("table", {}, el("thead", {}, head), el("tbody", {}, rows)));
  }

  const slug = location.pathname.split("/").pop().replace(/\.html$/, "");
  Promise.all([evalkit.load("site"), evalkit.load(`pair/${slug}`)])
    .then(([site, pair]) => start(site, pair))
    .catch((error) => {
      stage.replaceChildren(evalkit.empty("This part of the report is missing.", error.message));
      throw error;
    });
})();
