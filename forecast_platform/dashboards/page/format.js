// Numbers, instants and CSV as text. Knows no element of the page.
"use strict";

const Format = (() => {
  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
  const UNITS = { min: "minute", H: "hour", D: "day", W: "week", M: "month", Y: "year" };
  const EVERY = { min: "every minute", H: "hourly", D: "daily", W: "weekly", M: "monthly", Y: "yearly" };

  function number(value) {
    if (value === null || value === undefined) return "–";
    return Math.abs(value) >= 1000 ? whole.format(value) : short.format(value);
  }

  // Formats the numbers of one column alike, so that their digits line up: four digits of the largest.
  function column(values) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
    const decimals = Math.min(Math.max(3 - Math.floor(Math.log10(largest || 1)), 0), 4);
    const exact = values.every((value) => Number.isInteger(value ?? 0));
    const digits = exact ? 0 : decimals;
    const format = new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return (value) => (value === null || value === undefined ? "–" : format.format(value));
  }

  // Timestamps have no time zone: they are kept as if they were UTC, from the data to the axis.
  function instant(milliseconds) {
    const text = new Date(milliseconds).toISOString();
    return text.slice(11, 19) === "00:00:00" ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 16)}`;
  }

  const isoSeconds = (milliseconds) => new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");
  const isoMinutes = (milliseconds) => isoSeconds(milliseconds).slice(0, 16);

  // "2014-11-27T00:00:00Z" or "2014-11-27 00:00:00" as a person writes it.
  function written(text) {
    return text.replace("T", " ").replace(/Z$/, "").replace(/ 00:00(:00)?$/, "").replace(/(\d\d:\d\d):00$/, "$1");
  }

  function frequency(code) {
    const [, count, unit] = /^(\d*)(.+)$/.exec(code);
    return count ? `every ${count} ${UNITS[unit]}s` : EVERY[unit];
  }

  function steps(count, code) {
    const [, every, unit] = /^(\d*)(.+)$/.exec(code);
    if (every) return `${whole.format(count)} steps`;
    return `${whole.format(count)} ${UNITS[unit]}${count === 1 ? "" : "s"}`;
  }

  // A spreadsheet runs a cell that starts like a formula; an apostrophe makes it text.
  function csvText(text) {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  }

  function csv(header, rows) {
    const cell = (value) => (typeof value === "number" ? String(value) : csvText(value ?? ""));
    return [header, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
  }

  return { number, column, whole: (value) => whole.format(value), instant, isoSeconds, isoMinutes, written, frequency, steps, csv };
})();
