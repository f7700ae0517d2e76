// The SPARQL editor: colours, completion, prefixes that declare themselves, errors at their place, results without a new page.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { sparql } from "@codemirror/legacy-modes/mode/sparql";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import type { Transaction } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Match } from "./completion";
import { announce, askJson, element, Problem } from "./page";
import { showAnswer } from "./sparql_answer";
import { declarations, KEYWORDS, missingPrefixes, variables } from "./sparql_words";

interface Term {
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly about?: string;
}

interface Vocabulary {
  readonly prefixes: Readonly<Record<string, string>>;
  readonly terms: readonly Term[];
}

const LONGEST_URL = 6000; // characters of a query that still go into the address

// In a shadow root the styles of the page do not reach the editor, its custom properties do.
const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--raised)", fontSize: "0.92rem" },
  "&.cm-focused": { outline: "3px solid var(--focus)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", minHeight: "16rem", maxHeight: "32rem" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--muted)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--focus) 8%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--focus) 28%, transparent)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--field-line)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxWidth: "min(42rem, 90vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.8" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--mark)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--not-met)" },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--link)", fontWeight: "600" },
  { tag: [tags.variableName, tags.special(tags.variableName), tags.standard(tags.variableName)], color: "var(--letter-M)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--met)" },
  { tag: [tags.atom, tags.number, tags.bool], color: "var(--letter-O)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.meta, tags.operator, tags.bracket], color: "var(--muted)" },
]);

/** Completes variables, then ids by their prefix, then keywords, names of relations and classes, and entities by any of their names. */
function completer(vocabulary: Vocabulary): (context: CompletionContext) => Promise<CompletionResult | null> {
  const keywords: Completion[] = KEYWORDS.map((label) => ({ label, type: "keyword" }));
  const byId: Completion[] = vocabulary.terms.map(({ id, label, kind, about }) => ({ label: id, detail: label, type: kind, ...(about ? { info: about } : {}) }));
  const byLabel: Completion[] = vocabulary.terms.map(({ id, label, kind }) => ({ label, detail: id, apply: id, type: kind }));
  const prefixes: Completion[] = Object.keys(vocabulary.prefixes).map((prefix) => ({ label: `${prefix}:`, detail: vocabulary.prefixes[prefix] ?? "", type: "namespace" }));
  return async (context) => {
    const variable = context.matchBefore(/[?$]\w*/);
    if (variable) {
      const sigil = variable.text.charAt(0);
      const others = variables(context.state.sliceDoc(0, variable.from) + context.state.sliceDoc(context.pos));
      return { from: variable.from, options: others.map((name) => ({ label: sigil + name, type: "variable" })), validFor: /^[?$]\w*$/ };
    }
    const prefixed = context.matchBefore(/[A-Za-z][\w.-]*:[\w.-]*/);
    if (prefixed) return { from: prefixed.from, options: byId, validFor: /^[\w.:-]*$/ };
    const word = context.matchBefore(/[A-Za-z][\w-]*/);
    if (!word && !context.explicit) return null;
    const entities = word && word.text.length > 2 ? await entitiesNamed(word.text, context) : [];
    return { from: word?.from ?? context.pos, options: [...keywords, ...prefixes, ...byLabel, ...entities] };
  };
}

async function entitiesNamed(text: string, context: CompletionContext): Promise<Completion[]> {
  const stop = new AbortController();
  context.addEventListener("abort", () => stop.abort());
  try {
    const { matches } = await askJson<{ matches: Match[] }>(`/api/search?${new URLSearchParams({ text, count: "8" })}`, { signal: stop.signal });
    return matches.map(({ entity_id: id, name, category }) => ({ label: name, detail: `${id} ${category}`, apply: id, type: "constant" }));
  } catch {
    return []; // Completion is a help; without it one types on.
  }
}

/** Declares each known prefix when it is first used, as part of the same edit so that one undo takes both back. */
function declarePrefixes(vocabulary: Vocabulary): ReturnType<typeof EditorState.transactionFilter.of> {
  return EditorState.transactionFilter.of((transaction) => {
    if (!transaction.docChanged || !transaction.isUserEvent("input")) return transaction;
    const missing = missingPrefixes(transaction.newDoc.toString(), vocabulary.prefixes);
    if (missing.length === 0) return transaction;
    return [transaction, { changes: { from: 0, insert: declarations(missing, vocabulary.prefixes) }, sequential: true }];
  });
}

// Chromium keeps the colours of what is typed over in a style attribute, which the policy forbids: typing over a selection is done here.
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data, inputType } = event;
    const { from, to, empty } = view.state.selection.main;
    if (empty || view.composing || inputType !== "insertText" || !data) return false;
    const insert = (): Transaction => view.state.update(view.state.replaceSelection(data), { userEvent: "input.type", scrollIntoView: true });
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, data, insert))) view.dispatch(insert());
    return true;
  },
});

class Editor {
  private readonly view: EditorView;
  private running: AbortController | undefined;

  constructor(
    textarea: HTMLTextAreaElement,
    vocabulary: Vocabulary,
    private readonly result: HTMLElement,
  ) {
    const host = element("div", { class: "sparql-editor" });
    const shadow = host.attachShadow({ mode: "open" });
    textarea.after(host);
    textarea.hidden = true;
    const label = textarea.labels[0]?.textContent.trim() ?? "SPARQL query";
    this.view = new EditorView({
      root: shadow,
      parent: shadow,
      state: EditorState.create({
        doc: textarea.value,
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          bracketMatching(),
          closeBrackets(),
          lintGutter(),
          EditorView.lineWrapping,
          StreamLanguage.define(sparql),
          syntaxHighlighting(colours),
          look,
          autocompletion({ override: [completer(vocabulary)], icons: false }),
          declarePrefixes(vocabulary),
          typeOver,
          Prec.highest(keymap.of([{ key: "Mod-Enter", run: () => (void this.run(), true) }])),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          EditorView.contentAttributes.of({ "aria-label": `${label}. Ctrl and Enter run it, Escape and Tab leave it.` }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) textarea.value = update.state.doc.toString();
          }),
        ],
      }),
    });
    // A label that is clicked, and what the page itself writes into the field, reach the editor too.
    for (const each of textarea.labels) each.addEventListener("click", () => this.view.focus());
    textarea.addEventListener("change", () => this.write(textarea.value));
    textarea.form?.addEventListener("submit", (event) => {
      const pressed = event.submitter;
      // A button that asks for a file, or for another page, is for the server.
      if (pressed instanceof HTMLButtonElement && (pressed.name || pressed.hasAttribute("formaction"))) return;
      event.preventDefault();
      void this.run();
    });
    addEventListener("popstate", () => {
      const query = new URLSearchParams(location.search).get("query");
      if (query) this.write(query);
    });
  }

  private write(text: string): void {
    if (text === this.view.state.doc.toString()) return;
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  private async run(): Promise<void> {
    this.running?.abort();
    const mine = new AbortController();
    this.running = mine;
    const query = this.view.state.doc.toString();
    const address = `${location.pathname}?${new URLSearchParams({ query })}`;
    if (address.length < LONGEST_URL && address !== location.pathname + location.search) remember(address);
    this.mark(undefined);
    document.getElementById("problem")?.remove(); // what the server said of the query before
    this.result.setAttribute("aria-busy", "true");
    try {
      await showAnswer(query, this.result, mine.signal);
    } catch (error) {
      if (mine.signal.aborted) return;
      const problem = error instanceof Problem ? error : new Problem(String(error));
      this.result.replaceChildren(element("div", { class: "notice", role: "alert" }, element("p", {}, problem.message)));
      this.mark(problem);
    } finally {
      if (!mine.signal.aborted) this.result.removeAttribute("aria-busy");
    }
  }

  /** Underline the place of a problem and go there; without a problem, take all marks away. */
  private mark(problem: Problem | undefined): void {
    const { state } = this.view;
    if (!problem?.line) return this.view.dispatch(setDiagnostics(state, []));
    const line = state.doc.line(Math.min(problem.line, state.doc.lines));
    const at = Math.min(line.from + Math.max(0, (problem.column ?? 1) - 1), line.to);
    const word = /^[\w?$:.-]+/.exec(state.sliceDoc(at, line.to))?.[0].length ?? 1;
    const to = Math.min(at + word, state.doc.length);
    this.view.dispatch(setDiagnostics(state, [{ from: Math.min(at, to), to, severity: "error", message: problem.message }]));
    this.view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
    this.view.focus();
    announce(problem.message);
  }
}

function remember(address: string): void {
  window.history.pushState(null, "", address);
}

/** Put the editor in the place of a text field; its form still sends the field's text. */
export async function openEditor(textarea: HTMLTextAreaElement): Promise<void> {
  let vocabulary: Vocabulary = { prefixes: {}, terms: [] };
  try {
    vocabulary = await askJson<Vocabulary>(textarea.dataset["vocabulary"] ?? "/editor/vocabulary.json");
  } catch {
    // Colours, keywords and running need none of it.
  }
  const result = document.querySelector<HTMLElement>("[data-sparql-result]") ?? element("div");
  if (!result.isConnected) textarea.form?.after(result);
  new Editor(textarea, vocabulary, result);
}
