// Completes names while they are typed: the combobox of the ARIA Authoring Practices, with a list of entities from /api/search.
import { announce, askJson, capitalise, element, entityUrl, freshId } from "./page";

export interface Match {
  readonly entity_id: string;
  readonly label: string;
  readonly name: string;
  readonly scope: string;
  readonly category: string;
}

const SHORTEST = 2;
const COUNT = 8;
const PAUSE = 120; // milliseconds without a key before the server is asked

/** Complete an input; onChoose says what choosing does, without it the label goes into the input. */
export function complete(input: HTMLInputElement, onChoose: (match: Match) => void = (match) => fill(input, match)): void {
  if (input.getAttribute("role") === "combobox") return;
  const list = element("ul", { role: "listbox", id: freshId("completion"), class: "completion", "aria-label": "Suggestions", hidden: true });
  input.parentElement?.classList.add("has-completion");
  input.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) {
    input.setAttribute(name, value);
  }

  let matches: readonly Match[] = [];
  let active = -1;
  let timer = 0;
  let asking: AbortController | undefined;

  const close = (): void => {
    clearTimeout(timer);
    asking?.abort();
    list.hidden = true;
    list.replaceChildren();
    matches = [];
    activate(-1);
    input.setAttribute("aria-expanded", "false");
  };

  const activate = (place: number): void => {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = place;
    const option = list.children[active];
    if (option) {
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", option.id);
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  };

  const choose = (match: Match): void => {
    close();
    onChoose(match);
  };

  const show = (found: readonly Match[]): void => {
    matches = found;
    active = -1;
    list.replaceChildren(...found.map((match, place) => option(match, `${list.id}-${place}`)));
    list.hidden = found.length === 0;
    if (found.length > 0) placeBelow(list, input);
    input.setAttribute("aria-expanded", String(found.length > 0));
    input.removeAttribute("aria-activedescendant");
    announce(found.length === 0 ? "No suggestions" : `${found.length} suggestions; arrow keys go through them`);
  };

  const lookUp = async (): Promise<void> => {
    asking?.abort();
    const text = input.value.trim();
    if (text.length < SHORTEST) return close();
    const mine = new AbortController();
    asking = mine;
    const category = input.dataset["complete"] ?? "any";
    const query = new URLSearchParams({ text, count: String(COUNT) });
    if (category && category !== "any") query.set("category", category);
    try {
      const reply = await askJson<{ matches: Match[] }>(`/api/search?${query}`, { signal: mine.signal });
      if (document.activeElement === input && !mine.signal.aborted) show(reply.matches);
    } catch {
      // Aborted, or the server cannot complete: the form works as it is.
      if (!mine.signal.aborted) close();
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void lookUp(), PAUSE);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const { key } = event;
    if (list.hidden) {
      if (key === "ArrowDown") void lookUp();
      return;
    }
    const chosen = matches[active];
    if (key === "ArrowDown") activate(active + 1 < matches.length ? active + 1 : -1);
    else if (key === "ArrowUp") activate(active < 0 ? matches.length - 1 : active - 1);
    else if (key === "Enter" && chosen) choose(chosen);
    else if (key === "Escape") close();
    else return;
    event.preventDefault();
  });
  // Keeps the focus in the input, so that it does not close the list before the click.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const place = [...list.children].findIndex((child) => child.contains(event.target as Node));
    const match = matches[place];
    if (match) choose(match);
  });
}

function option(match: Match, id: string): HTMLElement {
  const other = match.scope !== "label" && match.scope !== "id" && match.name !== match.label;
  const line = element("li", { role: "option", id, "aria-selected": "false" }, element("span", { class: "name" }, capitalise(match.label)));
  if (other) line.append(" ", element("span", { class: "also" }, match.name));
  line.append(" ", element("span", { class: `category ${match.category}` }, match.entity_id));
  return line;
}

function placeBelow(list: HTMLElement, input: HTMLElement): void {
  list.style.left = `${input.offsetLeft}px`;
  list.style.top = `${input.offsetTop + input.offsetHeight + 2}px`;
  list.style.minWidth = `${input.offsetWidth}px`;
}

/** Search opens the page of the entity; elsewhere the field gets the label, and a hidden field the id where it is asked for. */
function fill(input: HTMLInputElement, match: Match): void {
  if (input.closest("form")?.getAttribute("role") === "search") {
    location.assign(entityUrl(match.entity_id));
    return;
  }
  input.value = match.label;
  const name = input.dataset["completeId"];
  if (name && input.form) {
    const hidden = input.form.querySelector<HTMLInputElement>(`input[type="hidden"][name="${CSS.escape(name)}"]`) ?? element("input", { type: "hidden", name });
    hidden.value = match.entity_id;
    if (!hidden.isConnected) input.after(hidden);
    // What is typed afterwards is no longer that entity.
    input.addEventListener("input", () => hidden.remove(), { once: true });
  }
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
