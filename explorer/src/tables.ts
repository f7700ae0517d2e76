// Makes tables sortable by their column headers, with buttons that say so to everyone.
import { announce, button } from "./page";

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Give each header of a table that can be sorted a button; a table whose cells span rows or columns is left alone. */
export function makeSortable(table: HTMLTableElement): void {
  const heads = table.tHead?.rows[table.tHead.rows.length - 1];
  const bodies = [...table.tBodies];
  if (!heads || bodies.some((body) => body.querySelector("[rowspan], [colspan]"))) return;
  if (bodies.every((body) => body.rows.length < 2)) return;
  for (const head of heads.cells) {
    const title = head.textContent.trim();
    if (!title || head.colSpan > 1 || head.querySelector("button")) continue;
    const sort = (): void => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const body of bodies) sortRows(body, head.cellIndex, down);
      for (const other of heads.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      announce(`Sorted by ${title}, ${down ? "descending" : "ascending"}`);
    };
    const link = head.querySelector<HTMLAnchorElement>("a.sort");
    if (link) {
      // The server sorts too; here it need not be asked, and the address stays what it would give.
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        sort();
        history.replaceState(null, "", link.href);
      });
      continue;
    }
    const inner = button("", sort, { class: "sort" });
    if (head.querySelector("a, summary, input")) {
      inner.setAttribute("aria-label", `Sort by ${title}`);
      head.append(" ", inner);
    } else {
      inner.append(...head.childNodes);
      head.append(inner);
    }
  }
}

function sortRows(body: HTMLTableSectionElement, column: number, down: boolean): void {
  const keyed = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column]) }));
  const numeric = keyed.every(({ key }) => key === "" || !Number.isNaN(Number(key)));
  const sign = down ? -1 : 1;
  keyed.sort((a, b) => {
    // What has no value stays last either way.
    if (a.key === "" || b.key === "") return Number(a.key === "") - Number(b.key === "");
    return sign * (numeric ? Number(a.key) - Number(b.key) : words.compare(a.key, b.key));
  });
  body.append(...keyed.map(({ row }) => row));
}

function keyOf(cell: HTMLTableCellElement | undefined): string {
  return (cell?.dataset["sort"] ?? cell?.textContent ?? "").trim();
}
