// Tables of class "sortable": their column heads become buttons that sort the rows, which are all on the page.
"use strict";

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const valueOf = (row, column) => {
  const cell = row.cells[column];
  return cell ? (cell.dataset.value ?? cell.querySelector("time")?.dateTime ?? cell.textContent).trim() : "";
};
// A dash says that there is no figure, and "12 %" or "1,204" are numbers; what is no number sorts as words.
const numberOf = (text) => (/^[-+−]?[\d,.\s]+\s*\S{0,4}$/u.test(text) ? parseFloat(text.replace("−", "-").replace(/[,\s]/g, "")) : NaN);

function compare(one, other) {
  const isMissing = [one, other].map((text) => text === "" || text === "–");
  if (isMissing[0] || isMissing[1]) return { rank: isMissing[0] - isMissing[1], isFixed: true };
  const [left, right] = [numberOf(one), numberOf(other)];
  if (Number.isNaN(left) || Number.isNaN(right)) return { rank: collator.compare(one, other) };
  return { rank: left - right };
}

function sortRows(table, column, direction) {
  for (const body of table.tBodies) {
    const rows = [...body.rows].sort((one, other) => {
      const { rank, isFixed } = compare(valueOf(one, column), valueOf(other, column));
      return isFixed ? rank : rank * direction;
    });
    body.append(...rows);
  }
}

function makeSortable(table) {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  if (table.dataset.isSortable || heads.some((head) => head.colSpan > 1 || head.rowSpan > 1)) return;
  table.dataset.isSortable = "yes";
  heads.forEach((head, column) => {
    if (!head.textContent.trim() || "fixed" in head.dataset || head.querySelector("a, button, input")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      sortRows(table, column, direction);
    });
  });
}

// Rows that htmx has put into a sorted table come in the server's order.
function sortAgain(table) {
  const heads = [...(table?.tHead?.rows[0]?.cells ?? [])];
  const column = heads.findIndex((head) => head.hasAttribute("aria-sort"));
  if (column >= 0) sortRows(table, column, heads[column].getAttribute("aria-sort") === "ascending" ? 1 : -1);
}

const makeAllSortable = (root) => {
  for (const table of root.querySelectorAll("table.sortable")) makeSortable(table);
};
makeAllSortable(document);
document.addEventListener("htmx:load", (event) => {
  makeAllSortable(event.detail.elt);
  if (event.detail.elt.matches("tbody")) sortAgain(event.detail.elt.closest("table"));
});
