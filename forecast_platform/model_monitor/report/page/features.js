// Which features are shown, in the table and as cards, and in which order the cards come.
"use strict";

(() => {
  const tools = document.getElementById("feature-tools");
  if (!tools) return;
  const by = (id) => document.getElementById(id);
  const rows = [...by("feature-table").tBodies[0].rows];
  const cards = [...by("cards").children];
  const name = (card) => card.querySelector("h3").textContent;
  const card = (row) => { const link = row.querySelector("a"); return link && by(link.hash.slice(1)); };
  const orders = {
    worst: () => 0, // sorting is stable, and this is how they came
    name: (first, second) => name(first).localeCompare(name(second)),
    place: (first, second) => first.dataset.place - second.dataset.place,
  };
  let show = "all";

  function filter() {
    const wanted = by("search").value.toLowerCase();
    let found = 0;
    rows.forEach((row) => {
      const fits = show === "all" || show in row.dataset;
      row.hidden = !(fits && row.cells[0].textContent.toLowerCase().includes(wanted));
      const shown = card(row);
      if (shown) shown.hidden = row.hidden;
      found += !row.hidden;
    });
    by("no-feature").hidden = found > 0;
  }

  tools.hidden = false;
  by("search").addEventListener("input", filter);
  by("order").addEventListener("change", () => by("cards").append(...[...cards].sort(orders[by("order").value])));
  tools.addEventListener("click", ({ target }) => {
    if (!target.dataset.show) return;
    show = target.dataset.show;
    tools.querySelectorAll("[data-show]").forEach((one) => one.setAttribute("aria-pressed", String(one === target)));
    filter();
  });
  filter();
})();
