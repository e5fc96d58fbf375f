// Tables that are sorted by their headers and filtered by the tools above them. Without scripts they are plain tables.
"use strict";

(() => {
  const text = (row, column) => row.cells[column].textContent.trim();
  const value = (shown) => (/^[<>]?\s*-?[\d.]/.test(shown) ? parseFloat(shown.replace(/[,<>\s]/g, "")) : NaN);

  // Numbers by value and before texts; what is absent comes last in either direction.
  function compared(first, second, direction) {
    const [absentFirst, absentSecond] = [first, second].map((one) => one === "" || one === "–");
    if (absentFirst || absentSecond) return absentFirst - absentSecond;
    const [a, b] = [value(first), value(second)];
    if (isNaN(a) !== isNaN(b)) return (isNaN(a) - isNaN(b)) * direction;
    return (isNaN(a) ? first.localeCompare(second) : a - b) * direction;
  }

  function sort(table, column, direction) {
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [text(row, column), row]);
    keyed.sort(([first], [second]) => compared(first, second, direction));
    body.append(...keyed.map(([, row]) => row));
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!head.textContent) return;
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: head.textContent });
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const texts = head.classList.contains("text");
        const first = texts ? "ascending" : "descending"; // people look for the largest numbers, and for names from A
        const other = texts ? "descending" : "ascending";
        const chosen = head.ariaSort === first ? other : first;
        heads.forEach((one) => one.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", chosen);
        sort(table, column, chosen === "ascending" ? 1 : -1);
      });
    });
  }

  function filterable(tools) {
    const rows = [...document.getElementById(tools.dataset.filters).tBodies[0].rows];
    const [words, select, found] = ["input", "select", "[role=status]"].map((css) => tools.querySelector(css));
    function filter() {
      const wanted = words.value.toLowerCase();
      let count = 0;
      rows.forEach((row) => {
        const fits = !select.value || text(row, select.dataset.column) === select.value;
        row.hidden = !(fits && row.textContent.toLowerCase().includes(wanted));
        count += !row.hidden;
      });
      found.textContent = `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
    }
    tools.hidden = false;
    words.addEventListener("input", filter);
    select.addEventListener("change", filter);
    filter(); // a browser that comes back to a page keeps what was typed
  }

  document.querySelectorAll("table.sortable").forEach(sortable);
  document.querySelectorAll("[data-filters]").forEach(filterable);
})();
