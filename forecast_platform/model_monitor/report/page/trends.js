// Timelines: what lies under the pointer, the line through all rows of one column, and search by feature.
"use strict";

(() => {
  const tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
  document.body.append(tip);
  const format = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

  function monitor(article) {
    const columns = JSON.parse(article.querySelector("script.columns").textContent);
    const slots = Number(article.dataset.slots);
    const plots = [...article.querySelectorAll("td.plot")];
    const values = new Map(plots.map((plot) => [plot, plot.dataset.values?.split(",")]));

    // Column and row under the pointer, or null.
    function under({ target, clientX }) {
      const plot = target.closest?.("td.plot");
      if (!plot) return null;
      const { left, width } = plot.firstElementChild.getBoundingClientRect();
      const column = Math.floor(((clientX - left) / width) * slots);
      return column >= 0 && column < columns.length ? { plot, column } : null;
    }

    function words({ plot, column }) {
      const [when, status] = columns[column];
      const value = values.get(plot)?.[column];
      const name = plot.parentElement.cells[0].textContent;
      const said = value === undefined ? null : value === "" ? `${name}: no data` : `${name}: ${format.format(value)}`;
      return [when, status, said].filter(Boolean).join("\n");
    }

    function show(event) {
      const found = under(event);
      tip.hidden = !found;
      article.style.setProperty("--cursor", found ? (found.column + 0.5) / slots : -1);
      if (!found) return;
      tip.textContent = words(found);
      const most = document.documentElement.clientWidth - tip.offsetWidth - 8;
      tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, most))}px`;
      tip.style.top = `${Math.max(8, Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8))}px`;
    }

    function search({ target }) {
      const wanted = target.value.toLowerCase();
      article.querySelectorAll("section .timeline tbody tr").forEach((row) => {
        row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
      });
    }

    // Titles would appear on top of these words after a second.
    plots.forEach((plot) => {
      const title = plot.querySelector("title");
      plot.firstElementChild.setAttribute("aria-label", title.textContent);
      title.remove();
    });
    article.querySelectorAll(".hint").forEach((hint) => { hint.hidden = false; });
    article.querySelector(".toolbar").hidden = false;
    const box = article.querySelector(".search");
    box.addEventListener("input", search);
    search({ target: box });
    article.addEventListener("pointermove", show);
    article.addEventListener("pointerleave", () => { tip.hidden = true; article.style.setProperty("--cursor", -1); });
    article.addEventListener("click", (event) => {
      const found = under(event);
      if (found && columns[found.column][2]) location.assign(columns[found.column][2]);
    });
  }

  document.querySelectorAll(".monitor").forEach(monitor);
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
})();
