// Tables: the forecast of one series, and accuracy. Every text goes in as text, never as HTML.
"use strict";

const Tables = (() => {
  const METRICS = ["Average wQL", "WAPE", "MASE", "RMSE", "MAPE", "Coverage"];

  function cell(tag, content, className) {
    const element = document.createElement(tag);
    element.append(...[content].flat());
    if (className) element.className = className;
    return element;
  }

  // columns: [{ title, text }]; rows: [{ cells, overall }]. The first cell of a row is its heading.
  function table(caption, columns, rows) {
    const element = document.createElement("table");
    element.append(cell("caption", caption, "visually-hidden"));
    const head = element.createTHead().insertRow();
    columns.forEach(({ title, text }) => {
      const heading = cell("th", title, text ? "text" : "");
      heading.scope = "col";
      head.append(heading);
    });
    const body = element.createTBody();
    rows.forEach(({ cells, overall }) => {
      const row = body.insertRow();
      if (overall) row.className = "overall";
      cells.forEach((content, position) => {
        const made = cell(position ? "td" : "th", content, columns[position].text ? "text" : "");
        if (!position) made.scope = "row";
        row.append(made);
      });
    });
    return element;
  }

  // Known metrics in the usual order, then whatever else the rows have.
  function metricsOf(rows) {
    const present = new Set(rows.flatMap((row) => Object.keys(row.metrics)));
    return [...METRICS.filter((name) => present.delete(name)), ...present];
  }

  const numeric = (names) => names.map((title) => ({ title }));

  // Cells of all metrics of a row, each formatted like the rest of its column.
  function metricCells(rows, names) {
    const formats = names.map((name) => Format.column(rows.map((row) => row.metrics[name])));
    return (row) => names.map((name, position) => formats[position](row.metrics[name]));
  }
  const period = (start, end) => (start ? `${Format.written(start)} – ${Format.written(end)}` : "–");

  function forecast(series, types) {
    const instant = series.forecast.t.some((time) => time % 86400000) ? Format.isoMinutes : Format.instant;
    const number = Format.column(types.flatMap((type) => series.forecast[type]));
    const rows = series.forecast.t.map((time, step) => ({
      cells: [instant(time), ...types.map((type) => number(series.forecast[type][step]))],
    }));
    return table("Forecast by timestamp and quantile", [{ title: "timestamp", text: true }, ...numeric(types)], rows);
  }

  function forecastCsv(series, facts, names) {
    const header = ["item_id", ...facts.dimensions, "timestamp", ...facts.types];
    const rows = series.forecast.t.map((time, step) => [
      ...names, Format.isoSeconds(time), ...facts.types.map((type) => series.forecast[type][step]),
    ]);
    return Format.csv(header, rows);
  }

  function accuracy({ windows, best }) {
    const names = metricsOf(windows);
    const metrics = metricCells(windows, names);
    const columns = [{ title: "algorithm", text: true }, { title: "backtest window", text: true }, { title: "items" }, ...numeric(names)];
    const rows = windows.map((row) => ({
      overall: row.summary,
      cells: [
        row.algorithm === best && row.summary ? [row.algorithm, cell("span", "chosen", "chosen")] : row.algorithm,
        row.summary ? "all windows" : period(row.start, row.end),
        row.items === null ? "–" : Format.whole(row.items),
        ...metrics(row),
      ],
    }));
    return table("Accuracy per algorithm and backtest window", columns, rows);
  }

  function itemAccuracy(rows) {
    const names = metricsOf(rows);
    const metrics = metricCells(rows, names);
    const summary = (row) => (row.window.backtest_window ?? "").toLowerCase() === "summary";
    const body = rows.map((row) => ({
      overall: summary(row),
      cells: [
        summary(row) ? "all windows" : period(row.window.backtestwindow_start_time ?? "", row.window.backtestwindow_end_time ?? ""),
        ...metrics(row),
      ],
    }));
    return table("Accuracy of the chosen item per backtest window", [{ title: "backtest window", text: true }, ...numeric(names)], body);
  }

  function live(rows) {
    const names = metricsOf(rows);
    const metrics = metricCells(rows, names);
    const tags = (row) => ["provisional", "retrained"].filter((tag) => row[tag]).map((tag) => cell("span", tag, "chosen"));
    const body = rows.map((row) => ({ cells: [[Format.written(row.cutoff), ...tags(row)], ...metrics(row)] }));
    return table("Accuracy of earlier forecasts by cutoff", [{ title: "cutoff", text: true }, ...numeric(names)], body);
  }

  function definitions(pairs) {
    return pairs.map(([term, description]) => {
      const pair = document.createElement("div");
      pair.append(cell("dt", term), cell("dd", description));
      return pair;
    });
  }

  // The chosen algorithm over all windows, as few numbers a person would quote.
  function headline({ windows, best }) {
    const own = windows.filter((row) => row.algorithm === best);
    const row = own.find((window) => window.summary) ?? own[own.length - 1];
    if (!row) return [];
    return METRICS.filter((name) => name in row.metrics && name !== "MAPE").map((name) => [name, Format.number(row.metrics[name])]);
  }

  return { forecast, forecastCsv, accuracy, itemAccuracy, live, definitions, headline };
})();
