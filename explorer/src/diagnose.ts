// Makes the form of a patient quicker to fill: findings by completion, each present or excluded; more lab rows; a Phenopacket dropped.
import { complete } from "./completion";
import type { Match } from "./completion";
import { announce, askJson, button, capitalise, element, freshId } from "./page";

type State = "observed" | "excluded";

interface Finding {
  readonly typed: string; // what the server is given: an id, or words that nothing completed
  label: string;
  state: State;
}

class Findings {
  private readonly all: Finding[] = [];
  private readonly list = element("ul", { class: "finding-chips plain", "aria-label": "Findings of the patient" });
  private readonly input = element("input", { id: freshId("finding"), type: "text", "data-complete": "Finding", maxlength: "200", spellcheck: "false", autocomplete: "off" });

  constructor(private readonly fields: Readonly<Record<State, HTMLTextAreaElement>>) {
    for (const state of ["observed", "excluded"] as const) {
      for (const typed of linesOf(fields[state])) this.all.push({ typed, label: typed, state });
      // Who edits the text is followed.
      fields[state].addEventListener("change", () => this.readText(state));
    }
    const box = element(
      "div",
      { class: "finding-box" },
      element("label", { for: this.input.id }, "Add a finding"),
      element("div", { class: "finding-entry" }, this.input, button("Add", () => this.addTyped())),
      this.list,
    );
    const texts = fields.observed.closest<HTMLElement>(".findings") ?? fields.observed.parentElement;
    const plain = element("details", { open: texts?.querySelector("[aria-invalid]") !== null }, element("summary", {}, "The same as text, one a line"));
    texts?.replaceWith(box, plain);
    if (texts) plain.append(texts);
    complete(this.input, (match) => this.addMatch(match));
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.defaultPrevented) return;
      event.preventDefault(); // Enter adds; it does not send the form
      this.addTyped();
    });
    this.show();
    void this.nameIds();
  }

  private addMatch({ entity_id: id, label }: Match): void {
    this.input.value = "";
    this.add({ typed: id, label, state: "observed" });
  }

  private addTyped(): void {
    const typed = this.input.value.trim();
    this.input.value = "";
    if (typed) this.add({ typed, label: typed, state: "observed" });
    this.input.focus();
  }

  private add(finding: Finding): void {
    if (this.all.some(({ typed }) => typed === finding.typed)) return announce(`${finding.label} is there already`);
    this.all.push(finding);
    this.changed(`${finding.label} added as present`);
  }

  private changed(said: string): void {
    this.show();
    for (const state of ["observed", "excluded"] as const) {
      this.fields[state].value = this.all.filter((each) => each.state === state).map(({ typed }) => typed).join("\n");
    }
    announce(said);
  }

  private readText(state: State): void {
    const kept = this.all.filter((each) => each.state !== state);
    const labels = new Map(this.all.map(({ typed, label }) => [typed, label]));
    const read = linesOf(this.fields[state]).map((typed) => ({ typed, label: labels.get(typed) ?? typed, state }));
    this.all.splice(0, this.all.length, ...kept, ...read);
    this.show();
    void this.nameIds();
  }

  private show(): void {
    this.list.replaceChildren(...this.all.map((finding) => this.chip(finding)));
  }

  private chip(finding: Finding): HTMLElement {
    const name = capitalise(finding.label);
    const toggle = button(finding.state === "observed" ? "present" : "excluded", () => {
      finding.state = finding.state === "observed" ? "excluded" : "observed";
      const place = this.all.indexOf(finding);
      this.changed(`${name} is ${finding.state === "observed" ? "present" : "excluded"}`);
      this.list.children[place]?.querySelector("button")?.focus();
    }, { class: `quiet state ${finding.state}`, "aria-label": `${name}: ${finding.state === "observed" ? "present" : "excluded"}; change` });
    const remove = button("×", () => {
      this.all.splice(this.all.indexOf(finding), 1);
      this.changed(`${name} removed`);
      this.input.focus();
    }, { class: "quiet remove", "aria-label": `Remove ${name}` });
    return element("li", {}, toggle, " ", element("span", { class: "name" }, name), finding.typed === finding.label ? "" : element("span", { class: "id" }, ` ${finding.typed}`), " ", remove);
  }

  /** Findings that came as ids, from the server's form or a file, get their labels. */
  private async nameIds(): Promise<void> {
    const bare = this.all.filter(({ typed, label }) => typed === label && /^[A-Za-z]+:\S+$/.test(typed));
    await Promise.all(
      bare.map(async (finding) => {
        try {
          const { matches } = await askJson<{ matches: Match[] }>(`/api/search?${new URLSearchParams({ text: finding.typed, count: "1" })}`);
          if (matches[0]?.entity_id === finding.typed) finding.label = matches[0].label;
        } catch {
          // The id says it, too.
        }
      }),
    );
    if (bare.length > 0) this.show();
  }
}

function linesOf(field: HTMLTextAreaElement): string[] {
  return field.value.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** A button that adds an empty row of a lab value. */
function growLabs(group: HTMLElement): void {
  const more = button("Add a lab value", () => {
    const rows = group.querySelectorAll<HTMLElement>(".lab");
    const last = rows[rows.length - 1];
    if (!last) return;
    const row = last.cloneNode(true) as HTMLElement;
    const number = rows.length + 1;
    for (const each of row.querySelectorAll(".problem")) each.remove();
    for (const each of row.querySelectorAll("*")) {
      for (const name of ["id", "for"]) {
        const value = each.getAttribute(name);
        if (value) each.setAttribute(name, value.replace(/-\d+$/, `-${number}`));
      }
      for (const name of ["aria-invalid", "aria-describedby"]) each.removeAttribute(name);
      if (each instanceof HTMLInputElement) each.value = "";
      if (each instanceof HTMLSelectElement) each.selectedIndex = 0;
    }
    row.setAttribute("aria-label", `Lab value ${number}`);
    last.after(row);
    row.querySelector("input")?.focus();
  });
  group.append(more);
}

/** A file that is dropped anywhere on the form is read as if it had been chosen. */
function takeDrops(form: HTMLFormElement, file: HTMLInputElement): void {
  const hasFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  form.addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    form.classList.add("dropping");
  });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (!hasFile(event) || !event.dataTransfer) return;
    event.preventDefault();
    file.files = event.dataTransfer.files;
    form.requestSubmit(form.querySelector<HTMLButtonElement>('button[name="use"][value="file"]'));
  });
  file.before(element("p", { class: "hint" }, "Or drop it anywhere on this form."));
}

export function helpDiagnose(form: HTMLFormElement): void {
  const observed = form.querySelector<HTMLTextAreaElement>('textarea[name="observed"]');
  const excluded = form.querySelector<HTMLTextAreaElement>('textarea[name="excluded"]');
  if (observed && excluded) new Findings({ observed, excluded });
  const labs = form.querySelector<HTMLElement>(".labs");
  if (labs) growLabs(labs);
  const file = form.querySelector<HTMLInputElement>('input[type="file"]');
  if (file) takeDrops(form, file);
}
