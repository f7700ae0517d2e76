// Asks the endpoint and shows what it says: a table of rows, yes or no, or triples; with files to save.
import { ask, button, element, entityUrl, save } from "./page";
import { makeSortable } from "./tables";

const RESULTS = "application/sparql-results+json";
const ACCEPT = `${RESULTS}, text/turtle;q=0.9, application/problem+json;q=0.8`;
const DRAWN = 1000; // rows that are put into the page; files have all
const OURS = "https://w3id.org/poems-kg/";
const TERM = /^(?:http:\/\/purl\.obolibrary\.org\/obo\/|https:\/\/w3id\.org\/poems-kg\/)([A-Za-z]+)_([A-Za-z0-9]+)$/;
const NUMBER = /[#/](?:integer|decimal|double|float)$/;
const FILES: readonly [string, string, string][] = [["CSV", "text/csv", "csv"], ["TSV", "text/tab-separated-values", "tsv"], ["JSON", RESULTS, "json"]];

interface Term {
  readonly type: "uri" | "literal" | "bnode" | "triple";
  readonly value: string;
  readonly datatype?: string;
  readonly "xml:lang"?: string;
}

interface Results {
  readonly head: { readonly vars?: readonly string[]; readonly link?: readonly string[] };
  readonly boolean?: boolean;
  readonly results?: { readonly bindings: readonly Readonly<Record<string, Term>>[] };
}

function post(query: string, accept: string, signal?: AbortSignal): Promise<Response> {
  return ask("/sparql", { method: "POST", body: new URLSearchParams({ query }), headers: { Accept: accept }, ...(signal ? { signal } : {}) });
}

/** Ask the endpoint and fill a place of the page with the answer; raises Problem. */
export async function showAnswer(query: string, place: HTMLElement, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  const response = await post(query, ACCEPT, signal);
  const text = await response.text();
  const took = `${Math.round(performance.now() - began)} ms`;
  const cut = cutNotice(response);
  if (!response.headers.get("content-type")?.includes("json")) {
    const keep = button("Save as Turtle", () => save(new Blob([text], { type: "text/turtle" }), "answer.ttl"));
    place.replaceChildren(status(`A graph, in ${took}`), ...cut, element("p", {}, keep), element("pre", { tabindex: "0" }, text));
    return;
  }
  const results = JSON.parse(text) as Results;
  if (results.boolean !== undefined) {
    place.replaceChildren(status(`${results.boolean ? "Yes" : "No"}, in ${took}`));
    return;
  }
  const rows = results.results?.bindings ?? [];
  const table = makeTable(results.head.vars ?? [], rows.slice(0, DRAWN));
  const words = `${rows.length === 1 ? "1 row" : `${rows.length.toLocaleString("en")} rows`}, in ${took}`;
  place.replaceChildren(
    status(rows.length > DRAWN ? `${words}; the first ${DRAWN} are shown, the files have all` : words),
    ...cut,
    element("p", { class: "answer-files" }, ...FILES.flatMap(([name, type, ending]) => [button(name, () => void saveAs(query, type, ending, place)), " "])),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Answer" }, table),
  );
  makeSortable(table);
}

async function saveAs(query: string, type: string, ending: string, place: HTMLElement): Promise<void> {
  try {
    save(await (await post(query, type)).blob(), `answer.${ending}`);
  } catch (error) {
    place.prepend(element("p", { class: "notice", role: "alert" }, error instanceof Error ? error.message : String(error)));
  }
}

function status(words: string): HTMLElement {
  return element("p", { role: "status" }, element("strong", {}, words));
}

/** What the server says in a header where it left rows out. */
function cutNotice(response: Response): HTMLElement[] {
  const most = Number(response.headers.get("Poems-Kg-Truncated-At") ?? "");
  return most > 0 ? [element("p", { class: "notice" }, `There are more: the answer is cut at ${most.toLocaleString("en")} rows. Narrow the pattern, or ask page by page with ORDER BY, LIMIT and OFFSET.`)] : [];
}

function makeTable(columns: readonly string[], rows: readonly Readonly<Record<string, Term>>[]): HTMLTableElement {
  const head = element("thead", {}, element("tr", {}, ...columns.map((name) => element("th", { scope: "col", class: rows.every((row) => !row[name] || isNumber(row[name])) ? "number" : "" }, name))));
  const body = element("tbody", {}, ...rows.map((row) => element("tr", {}, ...columns.map((name) => cell(row[name])))));
  return element("table", { class: "sortable" }, head, body);
}

function cell(term: Term | undefined): HTMLTableCellElement {
  if (!term) return element("td");
  if (term.type === "uri") return element("td", {}, linkTo(term.value));
  if (isNumber(term)) return element("td", { class: "number" }, term.value);
  const mark = term["xml:lang"] ? `@${term["xml:lang"]}` : (term.datatype?.replace(/^.*[#/]/, "") ?? "");
  const made = element("td", {}, element("bdi", {}, typeof term.value === "string" ? term.value : JSON.stringify(term.value)));
  if (mark && mark !== "string") made.append(" ", element("span", { class: "muted small" }, mark));
  made.dataset["sort"] = made.firstElementChild?.textContent ?? "";
  return made;
}

function isNumber(term: Term): boolean {
  return NUMBER.test(term.datatype ?? "");
}

/** Ours and those of OBO ontologies lead to their pages here; others are shown as they are, and lead out. */
function linkTo(iri: string): HTMLElement {
  const parts = TERM.exec(iri);
  if (parts) {
    const id = `${parts[1]}:${parts[2]}`;
    return element("a", { href: entityUrl(id) }, id);
  }
  if (iri.startsWith(OURS)) return element("a", { href: `/${iri.slice(OURS.length)}` }, iri.slice(OURS.length).replace("/", ":") || iri);
  return /^https?:/.test(iri) ? element("a", { href: iri, rel: "noreferrer" }, iri) : element("bdi", {}, iri);
}
