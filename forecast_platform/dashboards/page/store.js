// The data of the page: facts and names at once, series when they are asked for. Knows no element it could draw on.
"use strict";

const Store = (() => {
  const facts = JSON.parse(document.getElementById("dashboard-facts").textContent);
  const inline = JSON.parse(document.getElementById("dashboard-series").textContent);
  const chunks = new Map();
  const waiting = new Map();
  const KEPT_CHUNKS = 24;

  if (inline) chunks.set(0, inline);

  // Called by the data files. A page opened from a disk may load scripts but not fetch files.
  window.forecastData = (number, series) => {
    chunks.set(number, series);
    if (chunks.size > KEPT_CHUNKS) chunks.delete(chunks.keys().next().value);
  };

  function chunkOf(series) {
    let low = 0;
    let high = facts.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (facts.starts[middle] <= series) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function load(number) {
    if (chunks.has(number)) return Promise.resolve();
    if (!waiting.has(number)) {
      const loaded = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `${facts.folder}${number}.js`;
        script.onload = () => resolve(script.remove());
        script.onerror = () => {
          script.remove();
          reject(new Error(`The data file ${facts.folder}${number}.js beside this page cannot be read. ` +
            "Reload the page: a newer forecast may have been published."));
        };
        document.head.append(script);
      });
      waiting.set(number, loaded.finally(() => waiting.delete(number)));
    }
    return waiting.get(number);
  }

  function instants(times) {
    if (Array.isArray(times)) return times.map((seconds) => seconds * 1000);
    return Array.from({ length: times.count }, (_, step) => (times.from + step * times.every) * 1000);
  }

  async function series(index) {
    const number = chunkOf(index);
    await load(number);
    const found = chunks.get(number)[index - facts.starts[number]];
    return {
      history: { t: instants(found.history.t), y: found.history.target },
      leftOut: found.left_out,
      forecast: { ...found.forecast, t: instants(found.forecast.t) },
      accuracy: found.accuracy,
    };
  }

  // "item_id=…&store=…", so that a link survives a new publication in which the item has another number.
  function link(index) {
    const keys = ["item_id", ...facts.dimensions];
    return new URLSearchParams(keys.map((key, position) => [key, facts.names[index][position]])).toString();
  }

  function linked(hash) {
    const parameters = new URLSearchParams(hash.replace(/^#/, ""));
    if (!parameters.has("item_id")) return null;
    const wanted = ["item_id", ...facts.dimensions].map((key) => parameters.get(key));
    return facts.names.findIndex((names) => names.every((name, position) => name === wanted[position]));
  }

  return { facts, series, link, linked };
})();
