"use strict";
// The worst pairs of a metric as pictures: driving and generated at the frame where the pair is worst.
(() => {
  const { el, number } = evalkit;
  const byId = (id) => document.getElementById(id);
  const [gallery, metricSelect, methodSelect, shown] = ["gallery", "metric", "method", "shown"].map(byId);
  const SIDE = 256;

  function picture(pair, method, frame) {
    const holder = el("div", { class: "two" }, el("div", { class: "frame" }), el("div", { class: "frame" }));
    evalkit.whenSeen(holder, async () => {
      const data = await evalkit.load(`pair/${pair.slug}`);
      const tiles = (data.media.tiles ?? []).filter((name) => name === "driving" || name === String(method));
      const why = data.media.reason ?? data.media.problems?.[String(method)];
      if (why || !tiles.includes(String(method))) {
        holder.replaceWith(el("div", { class: "absent" }, why ?? "There is no video of this pair."));
        return;
      }
      const mosaic = new evalkit.Mosaic(data.media);
      const contexts = tiles.map((name) => [name, el("canvas", { width: SIDE, height: SIDE, role: "img", "aria-label": name === "driving" ? "driving" : "generated" }).getContext("2d")]);
      holder.classList.toggle("note", tiles.length === 1);
      holder.replaceChildren(...contexts.map(([, context]) => el("div", { class: "frame" }, context.canvas)));
      mosaic.onframe = () => contexts.forEach(([name, context]) => mosaic.draw(context, name));
      mosaic.open(frame ?? Math.floor(mosaic.frames / 2));
    });
    return holder;
  }

  function card(entry, site, pairs, metric) {
    const pair = pairs[entry.pair];
    const link = evalkit.pairLink(pair.slug, { metric: metric.key, frame: entry.frame ?? 0 });
    const at = entry.frame === null ? "" : `, worst at frame ${entry.frame}: ${number(entry.there, metric.decimals)}`;
    return el("li", {}, el("a", { href: link }, picture(pair, entry.method, entry.frame),
      el("div", { class: "what" }, el("b", {}, pair.id), el("span", {}, `${metric.title} ${number(entry.mean, metric.decimals)}`)),
      el("div", { class: "more" }, `${site.methods[entry.method].title}${at}`)));
  }

  Promise.all([evalkit.load("site"), evalkit.load("pairs"), evalkit.load("worst")]).then(([site, pairs, worst]) => {
    const metrics = site.metrics.filter((metric) => metric.clips !== null);
    if (!metrics.length) {
      gallery.replaceWith(evalkit.empty("No metric has a value per clip."));
      return;
    }
    const real = site.order.filter((method) => !site.methods[method].anchor);
    const first = real[0] ?? site.order[0];
    evalkit.options(metricSelect, metrics.map((metric, index) => [index, evalkit.metricName(metric)]), 0);
    evalkit.options(methodSelect, [...site.order.map((method) => [method, site.methods[method].title]), ["all", "All but anchors"]], first);
    const update = () => {
      const place = Number(metricSelect.value);
      const metric = metrics[place];
      const methods = methodSelect.value === "all" ? (real.length ? real : site.order) : [Number(methodSelect.value)];
      const found = methods.flatMap((method) => worst[place][method].map(([pair, mean, frame, there]) => ({ method, pair, mean, frame, there })));
      found.sort((a, b) => (metric.better === "higher" ? a.mean - b.mean : b.mean - a.mean));
      const most = Math.max(...worst[place].map((rows) => rows.length));
      const cards = found.slice(0, most).map((entry) => card(entry, site, pairs, metric));
      shown.textContent = cards.length ? "" : "No clip of this method has a value in this metric.";
      gallery.replaceChildren(...cards);
    };
    metricSelect.addEventListener("change", update);
    methodSelect.addEventListener("change", update);
    update();
  });
})();
