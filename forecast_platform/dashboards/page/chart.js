// The chart of one series. Belongs here: traces, axes, zoom. Does not belong here: which series it is.
"use strict";

const Chart = (() => {
  const element = document.getElementById("chart");
  const quantile = (type) => (/^p\d/.test(type) ? Number(type.slice(1)) / 100 : null);
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  let shown = null; // { series, start, end } of what is drawn
  let range = "2"; // horizons of history in view, "all", or [from, to] once a person has zoomed
  let chosenRange = "2";
  let drag = "zoom";
  let onRange = () => {};

  // Lower and upper quantiles around the median, widest band first; what finds no partner is drawn as a line.
  function layers(types) {
    const quantiles = types.filter((type) => quantile(type) !== null).sort((a, b) => quantile(a) - quantile(b));
    const lower = quantiles.filter((type) => quantile(type) < 0.5);
    const upper = quantiles.filter((type) => quantile(type) > 0.5).reverse();
    const count = Math.min(lower.length, upper.length);
    const bands = Array.from({ length: count }, (_, number) => [lower[number], upper[number]]);
    return {
      bands,
      lines: [...lower.slice(count), ...upper.slice(count).reverse()],
      median: quantiles.find((type) => quantile(type) === 0.5),
      mean: types.find((type) => type === "mean"),
    };
  }

  // Lines touch when the history reaches up to the forecast; a gap in the data stays a gap.
  function bridged({ history, forecast }, step) {
    let last = history.y.length - 1;
    while (last >= 0 && history.y[last] === null) last -= 1;
    const touches = last >= 0 && forecast.t.length && forecast.t[0] - history.t[last] < 1.5 * step;
    return {
      t: touches ? [history.t[last], ...forecast.t] : forecast.t,
      values: (type) => (touches ? [history.y[last], ...forecast[type]] : forecast[type]),
    };
  }

  function traces(series, facts) {
    const { bands, lines, median, mean } = layers(facts.types);
    const { t, values } = bridged(series, facts.step_seconds * 1000);
    const line = (type, color, width, dash) => ({
      type: "scatter", mode: t.length > 1 ? "lines" : "markers", x: t, y: values(type), name: type,
      line: { color: style(color), width, dash }, hoverinfo: "skip",
    });
    const edge = (type, fill) => ({
      ...line(type, "--median", 0), fill: fill ? "tonexty" : "none", fillcolor: fill,
    });
    const few = series.history.t.length < 60;
    return [
      {
        type: "scatter", mode: few ? "lines+markers" : "lines", x: series.history.t, y: series.history.y, name: "history",
        line: { color: style("--history"), width: 1.4 }, marker: { size: 4 }, hovertemplate: "%{y:,.5~g}",
      },
      ...bands.flatMap(([low, high]) => [edge(low), edge(high, bandColor(bands.length))]),
      ...lines.map((type) => line(type, "--median", 1.2, "dot")),
      ...(median ? [line(median, "--median", 2.2)] : []),
      ...(mean ? [line(mean, "--mean", 1.8, "dash")] : []),
      ...readable(facts.types).map((type) => ({
        type: "scatter", mode: "lines", x: series.forecast.t, y: series.forecast[type], name: type,
        line: { color: style(type === "mean" ? "--mean" : "--median"), width: 0 }, hovertemplate: "%{y:,.5~g}",
      })),
    ];
  }

  // Bands must be drawn pair by pair, but are read from the highest quantile to the lowest: what is drawn keeps silent
  // under the pointer and invisible lines in this order speak (the library lists them from the last to the first).
  const readable = (types) => [...types].sort((a, b) => (quantile(a) ?? -1) - (quantile(b) ?? -1));

  // Bands lie on top of each other, so the more there are the lighter each must be.
  const bandColor = (count) => `rgba(${style("--band")}, ${Math.max(0.1, 0.24 / Math.sqrt(count))})`;

  function layout(facts) {
    const ink = style("--quiet");
    const axis = {
      gridcolor: style("--line"), linecolor: style("--line-strong"), tickcolor: style("--line-strong"), zeroline: false,
      tickfont: { size: 12, color: ink },
    };
    const [from, to] = view();
    return {
      uirevision: "fixed",
      margin: { l: 58, r: 12, t: 26, b: 48 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: style("--page"),
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: style("--ink") },
      showlegend: false,
      legend: { traceorder: "reversed" },
      dragmode: drag,
      hovermode: "x unified",
      hoverlabel: { bgcolor: style("--surface"), bordercolor: style("--line-strong"), font: { color: style("--ink") } },
      xaxis: { ...axis, type: "date", spikecolor: style("--line-strong"), spikethickness: 1, spikedash: "solid", range: [from, to], hoverformat: facts.step_seconds < 86400 ? "%a %Y-%m-%d %H:%M" : "%Y-%m-%d" },
      yaxis: { ...axis, range: height(from, to), fixedrange: true, nticks: 7, title: { text: plain(facts.target), font: { size: 12, color: ink }, standoff: 8 } },
      shapes: shown.series.forecast.t.length ? [{
        type: "line", x0: shown.start, x1: shown.start, yref: "paper", y0: 0, y1: 1,
        line: { color: style("--line-strong"), width: 1, dash: "dot" },
      }] : [],
      annotations: shown.series.forecast.t.length ? [{
        x: shown.start, yref: "paper", y: 1, yanchor: "bottom", xanchor: "left", text: "Forecast", showarrow: false,
        font: { size: 12, color: ink },
      }] : [],
    };
  }

  // The chart library reads a little HTML in its texts; names are not HTML.
  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

  function view() {
    if (Array.isArray(range)) return range;
    const { series, start, end } = shown;
    const first = series.history.t.length ? series.history.t[0] : start;
    const from = range === "all" ? first : Math.max(first, start - Number(range) * Math.max(end - start, 1));
    const margin = Math.max((end - from) * 0.01, 1);
    return [from - margin, end + margin];
  }

  // The vertical axis always fits what is in view.
  function height(from, to) {
    let low = Infinity;
    let high = -Infinity;
    const { history, forecast } = shown.series;
    const look = (times, values) => values.forEach((value, position) => {
      if (value === null || times[position] < from || times[position] > to) return;
      low = Math.min(low, value);
      high = Math.max(high, value);
    });
    look(history.t, history.y);
    shown.types.forEach((type) => look(forecast.t, forecast[type]));
    if (low > high) return [0, 1];
    const margin = (high - low || Math.abs(high) || 1) * 0.06;
    return [low >= 0 ? Math.max(0, low - margin) : low - margin, high + margin];
  }

  async function draw(series, facts, name) {
    const times = series.forecast.t;
    const last = series.history.t[series.history.t.length - 1] ?? 0;
    shown = { series, facts, types: facts.types, name, start: times[0] ?? last, end: times[times.length - 1] ?? last };
    await redraw();
  }

  async function redraw() {
    if (!shown) return;
    const { series, facts, name } = shown;
    element.setAttribute("aria-label", `History and forecast of ${name}. Arrow keys move, plus and minus zoom, 0 resets.`);
    const config = { displayModeBar: false, responsive: true, doubleClick: false, scrollZoom: false };
    const first = !element.classList.contains("js-plotly-plot");
    await Plotly.react(element, traces(series, facts), layout(facts), config);
    if (first) listen();
    onRange(Array.isArray(range) ? null : range, drag);
  }

  function listen() {
    element.on("plotly_relayout", (change) => {
      if (change["xaxis.range[0]"] === undefined) return;
      show(["xaxis.range[0]", "xaxis.range[1]"].map((key) => instant(change[key])));
    });
    element.on("plotly_doubleclick", reset);
  }

  // The library hands out what was dragged as text without a time zone.
  const instant = (value) => (typeof value === "number" ? value : Date.parse(`${value.replace(" ", "T")}${value.includes(":") ? "Z" : ""}`));

  function show(newRange) {
    range = newRange;
    if (!Array.isArray(newRange)) chosenRange = newRange;
    return redraw();
  }

  const reset = () => show(chosenRange);

  function zoom(factor) {
    const [from, to] = view();
    const middle = (from + to) / 2;
    const half = Math.max(((to - from) / 2) * factor, shown.facts.step_seconds * 1000);
    return show([middle - half, middle + half]);
  }

  function move(share) {
    const [from, to] = view();
    return show([from + (to - from) * share, to + (to - from) * share]);
  }

  function dragTo(mode) {
    drag = mode;
    return redraw();
  }

  function picture(filename) {
    const { width, height: tall } = element.getBoundingClientRect();
    const paper = { paper_bgcolor: style("--page"), margin: { ...element.layout.margin, t: 66 } };
    const titled = { ...element.layout, ...paper, title: { text: plain(shown.name), font: { size: 15 } } };
    return Plotly.downloadImage({ data: element.data, layout: titled }, { format: "png", scale: 2, width, height: tall + 40, filename });
  }

  element.addEventListener("keydown", (event) => {
    const action = {
      ArrowLeft: () => move(-0.2), ArrowRight: () => move(0.2), "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), 0: reset,
    }[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });

  return {
    layers, draw, redraw, show, reset, zoom, dragTo, picture, bandColor, style,
    onRangeChange: (listener) => { onRange = listener; },
  };
})();
