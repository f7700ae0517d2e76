// On every page: theme, completion, sortable tables, copying; the rest is fetched where a page has its hook.
import { complete } from "./completion";
import { announce, button, element } from "./page";
import { makeSortable } from "./tables";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

function addThemeButton(): void {
  const root = document.documentElement;
  const now = (): Theme => THEMES.find((theme) => theme === root.dataset["theme"]) ?? "system";
  const words = (): string => `Theme: ${now()}`;
  const toggle = button(words(), () => {
    const next = THEMES[(THEMES.indexOf(now()) + 1) % THEMES.length] ?? "system";
    root.dataset["theme"] = next;
    try {
      localStorage.setItem("theme", next);
    } catch {
      // Where storage is forbidden, the choice holds for this page.
    }
    toggle.textContent = words();
    announce(words());
    document.dispatchEvent(new Event("themechange"));
  }, { class: "quiet theme" });
  document.querySelector("header.site nav ul")?.append(element("li", { class: "theme" }, toggle));
}

function addCopyButtons(): void {
  // Browsers give no clipboard to pages that came over a network without encryption.
  if (!navigator.clipboard) return;
  for (const source of document.querySelectorAll<HTMLElement>("a[data-copy-link], [data-copy]")) {
    const what = source instanceof HTMLAnchorElement ? "Copy link" : "Copy";
    const copy = button(what, () => {
      const text = source instanceof HTMLAnchorElement ? source.href : source.textContent.trim();
      navigator.clipboard.writeText(text).then(
        () => tell("Copied"),
        () => tell("Could not copy"),
      );
    }, { class: "quiet copy" });
    const tell = (said: string): void => {
      copy.textContent = said;
      announce(said);
      setTimeout(() => (copy.textContent = what), 1500);
    };
    source.after(" ", copy);
  }
}

/** Fetch and draw graphs when they are about to be seen. */
function watchGraphs(): void {
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watch.unobserve(target);
        void import("./graph").then(({ drawGraph }) => drawGraph(target as HTMLElement));
      }
    },
    { rootMargin: "200px" },
  );
  for (const figure of document.querySelectorAll("figure[data-graph]")) watch.observe(figure);
}

function start(): void {
  addThemeButton();
  addCopyButtons();
  for (const table of document.querySelectorAll<HTMLTableElement>("table.sortable")) makeSortable(table);
  for (const input of document.querySelectorAll<HTMLInputElement>("input[data-complete]")) complete(input);
  watchGraphs();
  const query = document.querySelector<HTMLTextAreaElement>("textarea[data-sparql-editor]");
  if (query) void import("./editor").then(({ openEditor }) => openEditor(query));
  const patient = document.querySelector<HTMLFormElement>("form[data-diagnose]");
  if (patient) void import("./diagnose").then(({ helpDiagnose }) => helpDiagnose(patient));
}

start();
