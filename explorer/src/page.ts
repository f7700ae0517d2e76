// What all widgets share: making elements, asking the server, saying things to screen readers, saving files.

export type Child = Node | string;

/** An element with attributes (false leaves one out, true gives an empty one) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | boolean>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** A button that does no submitting. */
export function button(label: string, onClick: () => void, attributes: Readonly<Record<string, string>> = {}): HTMLButtonElement {
  const made = element("button", { type: "button", class: "quiet", ...attributes }, label);
  made.addEventListener("click", onClick);
  return made;
}

/** A problem that the server describes by RFC 9457, with the place in a query where there is one. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly line?: number,
    readonly column?: number,
  ) {
    super(message);
  }
}

/** Ask the server; raises Problem in its words, or in ours where it cannot be reached. */
export async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem("The server does not answer; is poems-kg serve still running?");
  }
  if (response.ok) return response;
  const text = await response.text();
  if (!response.headers.get("content-type")?.includes("json")) throw new Problem(text.trim() || response.statusText);
  const told = JSON.parse(text) as { title?: string; detail?: string; line?: number; column?: number };
  throw new Problem(told.detail ?? told.title ?? response.statusText, told.line, told.column);
}

export async function askJson<T>(path: string, options: RequestInit = {}): Promise<T> {
  const headers = { Accept: "application/json", ...options.headers };
  return (await (await ask(path, { ...options, headers })).json()) as T;
}

let voice: HTMLElement | undefined;

/** Say something to those who listen to the page rather than see it. */
export function announce(words: string): void {
  if (!voice) {
    voice = element("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    document.body.append(voice);
  }
  voice.textContent = words;
}

/** Give the browser a file to save. */
export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function entityUrl(id: string): string {
  return `/entity/${encodeURIComponent(id).replaceAll("%3A", ":")}`;
}

let made = 0;

/** An id that no other element of the page has. */
export function freshId(purpose: string): string {
  made += 1;
  return `script-${purpose}-${made}`;
}

/** First letter upper case, as the server writes labels where they stand alone. */
export function capitalise(label: string): string {
  return label.charAt(0).toUpperCase() + label.slice(1);
}
