// Wires the page together: which series is chosen, and what each control does.
"use strict";

(() => {
  const { facts } = Store;
  const by = (id) => document.getElementById(id);
  let current = null; // { index, series }
  let asked = 0; // answers to older requests are dropped

  async function choose(index, { keepHash = false } = {}) {
    const request = ++asked;
    Picker.choose(index);
    if (!keepHash) history.replaceState(null, "", `#${Store.link(index)}`);
    try {
      const series = await Store.series(index);
      if (request !== asked) return;
      current = { index, series };
      problem("");
      await show();
    } catch (error) {
      if (request === asked) problem(error.message);
    }
  }

  function problem(text) {
    by("problem").textContent = text;
    by("problem").hidden = !text;
  }

  async function show() {
    const { index, series } = current;
    const name = facts.names[index].join(" · ");
    by("item-name").replaceChildren(...Picker.title(facts.names[index]));
    document.title = `${name} – ${facts.title}`;
    by("forecast-table").replaceChildren(Tables.forecast(series, facts.types));
    by("item-accuracy-block").hidden = !series.accuracy.length;
    by("item-accuracy").replaceChildren(Tables.itemAccuracy(series.accuracy));
    by("chart-text").textContent = chartText(series);
    await Chart.draw(series, facts, name);
    by("chart").dataset.series = index;
  }

  function chartText({ history: past, leftOut, forecast }) {
    if (!past.t.length) return "There is no history for this item.";
    const drawn = leftOut
      ? `The newest ${Format.whole(past.t.length)} of ${Format.whole(past.t.length + leftOut)} observations are drawn`
      : `${Format.whole(past.t.length)} observations`;
    const until = `${drawn}, up to ${Format.instant(past.t[past.t.length - 1])}.`;
    return forecast.t.length ? `${until} Forecast to ${Format.instant(forecast.t[forecast.t.length - 1])}.` : until;
  }

  // Drawn by hand because it explains bands, which the chart library's legend lists edge by edge.
  function legend() {
    const { bands, lines, median, mean } = Chart.layers(facts.types);
    const line = (color, width, dash) => `<line x1="1" y1="7" x2="23" y2="7" stroke="var(${color})" stroke-width="${width}" stroke-dasharray="${dash}"/>`;
    const entries = [["history", line("--history", 1.5, "")]];
    bands.forEach(([low, high], number) => {
      const rectangle = `<rect x="1" y="1" width="22" height="12" rx="1.5" fill="${Chart.bandColor(bands.length)}"/>`;
      entries.push([`${low}–${high}`, rectangle.repeat(number + 1)]);
    });
    lines.forEach((type) => entries.push([type, line("--median", 1.3, "2 3")]));
    if (median) entries.push([`${median} (median)`, line("--median", 2.4, "")]);
    if (mean) entries.push(["mean", line("--mean", 2, "6 4")]);
    by("legend").replaceChildren(...entries.map(([text, drawing]) => {
      const entry = document.createElement("span");
      entry.innerHTML = `<svg width="24" height="14" aria-hidden="true">${drawing}</svg>`;
      entry.append(text);
      return entry;
    }));
  }

  function overview() {
    const items = new Set(facts.names.map(([item]) => item)).size;
    const count = facts.dimensions.length ? [["Items", Format.whole(items)], ["Series", Format.whole(facts.names.length)]] : [["Items", Format.whole(items)]];
    by("facts").replaceChildren(...Tables.definitions([
      ["Cutoff", Format.written(facts.cutoff)],
      ["Frequency", Format.frequency(facts.frequency)],
      ["Horizon", Format.steps(facts.horizon, facts.frequency)],
      ["Forecast of", facts.target],
      ...count,
    ]));
    const { accuracy } = facts;
    by("accuracy").hidden = !accuracy.windows.length;
    by("accuracy-note").textContent = accuracy.windows.length ? backtestText(accuracy) : "No backtest was made for this forecast.";
    by("headline").replaceChildren(...Tables.definitions(Tables.headline(accuracy)));
    by("accuracy").replaceChildren(Tables.accuracy(accuracy));
    by("live-block").hidden = !facts.live.length;
    by("live").replaceChildren(Tables.live(facts.live));
  }

  function backtestText({ windows, best }) {
    const count = windows.filter((row) => row.algorithm === best && !row.summary).length;
    const over = count > 1 ? ` over ${count} backtest windows` : "";
    return best ? `${best}${over}: forecasts of the past, made without seeing what they are compared with.` : "";
  }

  function save(text, filename) {
    // The mark in front tells a spreadsheet that the file is UTF-8.
    const address = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
    const link = Object.assign(document.createElement("a"), { href: address, download: filename });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  const filename = () => [facts.project, ...facts.names[current.index], facts.cutoff].join("_").replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 100);

  function remembered(key, value) {
    try {
      if (value !== undefined) localStorage.setItem(key, value);
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be switched off; the page works without
    }
  }

  function theme(chosen) {
    const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    if (chosen) document.documentElement.dataset.theme = chosen;
    by("theme").setAttribute("aria-pressed", String(dark));
    legend();
    Chart.redraw();
  }

  function pressed(attribute, value) {
    document.querySelectorAll(`[data-${attribute}]`).forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset[attribute] === value));
    });
  }

  function controls() {
    Chart.onRangeChange((range, drag) => { pressed("range", range); pressed("drag", drag); });
    const zooms = { in: () => Chart.zoom(0.6), out: () => Chart.zoom(1 / 0.6), reset: () => Chart.reset() };
    document.querySelector(".toolbar").addEventListener("click", ({ target: { dataset } }) => {
      if (dataset.range) Chart.show(dataset.range);
      if (dataset.drag) Chart.dragTo(dataset.drag);
      if (dataset.zoom) zooms[dataset.zoom]();
    });
    by("picture").addEventListener("click", () => Chart.picture(filename()));
    by("download").addEventListener("click", () => {
      save(Tables.forecastCsv(current.series, facts, facts.names[current.index]), `${filename()}.csv`);
    });
    by("theme").addEventListener("click", () => {
      const next = by("theme").getAttribute("aria-pressed") === "true" ? "light" : "dark";
      remembered("forecast-theme", next);
      theme(next);
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => theme(document.documentElement.dataset.theme));
    addEventListener("hashchange", () => follow());
  }

  // The item of the link; a link to an item that is not here says so and shows the first.
  async function follow() {
    const index = Store.linked(location.hash);
    await choose(Math.max(index ?? 0, 0), { keepHash: index === null || index < 0 });
    if (index === -1) problem("The item of this link has no forecast in this publication; the first item is shown instead.");
  }

  overview();
  controls();
  theme(remembered("forecast-theme"));
  if (!facts.names.length) {
    document.querySelector(".explorer").hidden = true;
  } else {
    document.querySelector(".explorer").classList.toggle("single", facts.names.length === 1);
    by("picker").hidden = facts.names.length === 1;
    Picker.start(facts, choose);
    follow();
  }
})();
