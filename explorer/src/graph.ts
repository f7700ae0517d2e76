// The neighbourhood of an entity as a graph to walk through: zoom, filter, expand, lay out, save; by mouse, touch and keyboard.
import cytoscape from "cytoscape";
import type { Core, EventObject, LayoutOptions, NodeSingular } from "cytoscape";
import fcose from "cytoscape-fcose";
import { breakLines, Model, sentence } from "./graph_model";
import type { GraphEdge, Neighbourhood, Part } from "./graph_model";
import { measure, style, toSvg } from "./graph_picture";
import { announce, askJson, button, capitalise, element, entityUrl, freshId, Problem, save } from "./page";

cytoscape.use(fcose);
// It would warn of each edge whose ends lie over each other for a moment while they move apart.
cytoscape.warnings(false);

// Cytoscape adds a <style> unless there is an element of this id, and the Content-Security-Policy forbids that; scripts.css has its one rule.
document.head.append(element("template", { id: "__________cytoscape_stylesheet" }));

const FEW = 24;
const CHOICES: readonly [string, number][] = [[`${FEW} best supported`, FEW], ["60 best supported", 60], ["all", Number.POSITIVE_INFINITY]];
const NAMED_EDGES = 14; // up to so many edges all have their relation written on them
const LISTED = 40;
const still = matchMedia("(prefers-reduced-motion: reduce)");

const LAYOUTS: Readonly<Record<string, (cy: Core, animate: boolean) => LayoutOptions>> = {
  "by force": (cy, animate) =>
    ({ name: "fcose", animate, animationDuration: 400, randomize: false, idealEdgeLength: spread(cy.nodes().length), nodeSeparation: 90, nodeRepulsion: 9000, packComponents: false, padding: 20 }) as LayoutOptions,
  "in a ring": (cy, animate) => ({ name: "preset", animate, animationDuration: 400, padding: 20, positions: ring(cy) }),
  "by category": (cy, animate) => ({ name: "preset", animate, animationDuration: 400, padding: 20, positions: columns(cy) }),
};

/** How far apart, in px, the middle and its neighbours are when there is room for so many boxes. */
function spread(nodes: number): number {
  return Math.max(120, 36 * Math.sqrt(nodes));
}

type Positions = Record<string, { x: number; y: number }>;

/** What was expanded in the middle, below each other; all others around it, wider than high, as boxes and screens are. */
function ring(cy: Core): Positions {
  const placed: Positions = {};
  const inner = cy.nodes(".expanded");
  const outer = cy.nodes().difference(inner);
  inner.forEach((node, at) => void (placed[node.id()] = { x: 0, y: (at - (inner.length - 1) / 2) * 70 }));
  const radius = Math.max(170, 13.5 * outer.length, 45 * inner.length);
  outer.forEach((node, at) => {
    const angle = (2 * Math.PI * at) / outer.length;
    placed[node.id()] = { x: 1.7 * radius * Math.cos(angle), y: radius * Math.sin(angle) };
  });
  return placed;
}

/** What was expanded on the left, then columns for each category, the nodes below each other by their names. */
function columns(cy: Core): Positions {
  const groups = new Map<string, NodeSingular[]>();
  cy.nodes().forEach((node) => {
    const category = node.hasClass("expanded") ? "" : String(node.data("category"));
    groups.set(category, [...(groups.get(category) ?? []), node]);
  });
  const longest = Math.max(12, Math.ceil(Math.sqrt(cy.nodes().length * 3)));
  const placed: Positions = {};
  let x = 0;
  for (const [, nodes] of [...groups].sort((a, b) => a[0].localeCompare(b[0]))) {
    nodes.sort((a, b) => String(a.data("text")).localeCompare(String(b.data("text"))));
    for (let start = 0; start < nodes.length; start += longest) {
      x += placeColumn(nodes.slice(start, start + longest), x, placed) + (start + longest < nodes.length ? 14 : 70);
    }
  }
  return placed;
}

/** Place nodes below each other, around the middle line; returns how wide they are. */
function placeColumn(nodes: readonly NodeSingular[], x: number, placed: Positions): number {
  const width = Math.max(...nodes.map((node) => Number(node.data("width"))));
  let y = -nodes.reduce((sum, node) => sum + Number(node.data("height")) + 14, 0) / 2;
  for (const node of nodes) {
    const height = Number(node.data("height"));
    placed[node.id()] = { x: x + width / 2, y: y + height / 2 };
    y += height + 14;
  }
  return width;
}

class GraphWidget {
  private readonly model = new Model();
  private readonly canvas: HTMLElement;
  private readonly details = element("section", { class: "graph-details", "aria-label": "What is chosen in the graph" });
  private readonly list = element("ul", { class: "graph-list" });
  private readonly listSummary = element("summary");
  private readonly legend = element("p", { class: "graph-legend" });
  private readonly left = element("p", { class: "muted small graph-hint" });
  private readonly relations = element("fieldset", {}, element("legend", {}, "Show these relations"));
  private readonly most = element("select", {}, ...CHOICES.map(([words], at) => element("option", { value: String(at) }, words)));
  private readonly layout = element("select", {}, ...Object.keys(LAYOUTS).map((name) => element("option", {}, name)));
  private readonly between = element("input", { type: "checkbox" });
  private readonly cy: Core;

  constructor(
    private readonly figure: HTMLElement,
    private readonly entity: string,
    first: Neighbourhood,
  ) {
    this.model.add(entity, first);
    this.between.checked = first.nodes.length <= FEW;
    const hint = element(
      "p",
      { class: "small muted graph-hint", id: freshId("hint") },
      "Click a box to read what is said; double-click it, or press Enter, to expand it. Arrow keys go from box to box, + and − zoom. The wheel zooms with Ctrl, or once the drawing is in focus.",
    );
    this.canvas = element("div", { class: "graph-canvas", tabindex: "0", role: "application", "aria-label": `Graph around ${this.model.label(entity)}`, "aria-describedby": hint.id });
    this.build(hint);
    this.cy = cytoscape({ container: this.canvas, style: style(), minZoom: 0.1, maxZoom: 3, boxSelectionEnabled: false });
    this.listen();
    this.draw(false);
    this.choose(entity);
  }

  private build(hint: HTMLElement): void {
    const plain = element("figure", {}, ...this.figure.childNodes);
    const tools = element(
      "div",
      { class: "graph-tools" },
      element("label", {}, "Neighbours ", this.most),
      element("label", {}, "Lay out ", this.layout),
      element("label", {}, this.between, " Edges between neighbours"),
      element("details", {}, element("summary", {}, "Relations"), this.relations),
      element(
        "span",
        { class: "graph-buttons" },
        button("+", () => this.zoom(1.3), { "aria-label": "Zoom in" }),
        button("−", () => this.zoom(1 / 1.3), { "aria-label": "Zoom out" }),
        button("Fit", () => this.cy.fit(undefined, 20)),
        button("SVG", () => this.saveSvg(), { "aria-label": "Save as SVG" }),
        button("PNG", () => void this.savePng(), { "aria-label": "Save as PNG" }),
      ),
    );
    this.figure.classList.add("graph");
    this.figure.prepend(
      tools,
      element("div", { class: "graph-area" }, this.canvas, this.details),
      this.legend,
      this.left,
      hint,
      element("details", {}, this.listSummary, this.list),
      element("details", {}, element("summary", {}, "The drawing that needs no script"), plain),
    );
    this.most.addEventListener("change", () => this.draw());
    this.between.addEventListener("change", () => this.draw());
    this.layout.addEventListener("change", () => this.arrange());
  }

  private listen(): void {
    this.cy.on("tap", "node", (event: EventObject) => this.choose((event.target as NodeSingular).id()));
    this.cy.on("tap", "edge", (event: EventObject) => this.chooseEdge((event.target as NodeSingular).id()));
    this.cy.on("dbltap", "node", (event: EventObject) => void this.expand((event.target as NodeSingular).id()));
    this.cy.on("tapstart", () => this.canvas.focus({ preventScroll: true }));
    document.addEventListener("themechange", () => this.cy.style(style()));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.cy.style(style()));
    // The page scrolls over a drawing that nobody has turned to: Cytoscape sees neither wheel nor finger until then.
    const area = this.canvas.parentElement;
    const away = (): boolean => document.activeElement !== this.canvas;
    const keep = (event: Event): void => {
      if (!this.canvas.contains(event.target as Node) || !away()) return;
      if (event instanceof WheelEvent ? !event.ctrlKey : (event as TouchEvent).touches.length < 2) event.stopPropagation();
    };
    for (const name of ["wheel", "touchstart", "touchmove", "touchend"]) area?.addEventListener(name, keep, { capture: true, passive: true });
    this.canvas.addEventListener("click", () => this.canvas.focus({ preventScroll: true }));
    this.canvas.addEventListener("keydown", (event) => this.onKey(event));
  }

  private onKey(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (step) this.walk(step);
    else if (event.key === "Enter") void this.expand(this.chosen());
    else if (event.key === "+") this.zoom(1.3);
    else if (event.key === "-") this.zoom(1 / 1.3);
    else if (event.key === "0") this.cy.fit(undefined, 20);
    else return;
    event.preventDefault();
  }

  private chosen(): string {
    const selected = this.cy.nodes(":selected");
    return selected.length > 0 ? selected[0]!.id() : this.entity;
  }

  /** Go to the nearest node in a direction; what is aside counts twice. */
  private walk([right, down]: [number, number]): void {
    const from = this.cy.getElementById(this.chosen()).position();
    let best: [number, string] | undefined;
    this.cy.nodes().forEach((node) => {
      const to = node.position();
      const along = (to.x - from.x) * right + (to.y - from.y) * down;
      const aside = Math.abs((to.x - from.x) * down) + Math.abs((to.y - from.y) * right);
      if (along > 1 && (!best || along + 2 * aside < best[0])) best = [along + 2 * aside, node.id()];
    });
    if (best) this.choose(best[1]);
  }

  private async expand(id: string): Promise<void> {
    if (this.model.expanded.includes(id)) return announce(`${this.model.label(id)} is expanded already`);
    try {
      this.model.add(id, await ask(id));
      this.draw();
      this.choose(id);
      announce(`${this.model.label(id)} expanded; ${this.cy.nodes().length} nodes now`);
    } catch (error) {
      this.details.prepend(element("p", { class: "notice", role: "alert" }, wordsOf(error)));
    }
  }

  private draw(animate = true): void {
    const part = this.model.part(CHOICES[Number(this.most.value)]?.[1] ?? FEW, this.between.checked);
    const wanted = new Set([...part.nodes, ...part.edges].map(({ id }) => id));
    const middle = this.cy.getElementById(this.model.expanded[this.model.expanded.length - 1] ?? this.entity);
    const start = middle.length > 0 ? { ...middle.position() } : { x: 0, y: 0 };
    this.cy.batch(() => {
      this.cy.elements().filter((each) => !wanted.has(each.id())).remove();
      const added = part.nodes.filter(({ id }) => this.cy.getElementById(id).empty());
      added.forEach((node, at) => {
        const lines = breakLines(capitalise(node.label));
        // Like the seeds of a sunflower, so that the same graph is laid out in the same way each time.
        const angle = 2.4 * at;
        const away = node.id === this.entity ? 0 : spread(added.length) * Math.sqrt((at + 1) / added.length);
        const position = { x: start.x + 1.4 * away * Math.cos(angle), y: start.y + away * Math.sin(angle) };
        this.cy.add({ group: "nodes", data: { id: node.id, category: node.category, text: lines.join("\n"), ...measure(lines) }, position });
      });
      for (const edge of part.edges) {
        if (!this.cy.getElementById(edge.id).empty()) continue;
        const { id, source, target, label, polarity } = edge;
        const weight = 1 + Math.log2(Math.max(1, edge.claims.length)) / 1.5;
        this.cy.add({ group: "edges", data: { id, source, target, label, polarity, weight, sentence: sentence(this.model, edge) } });
      }
      this.cy.nodes().forEach((node) => void node.toggleClass("expanded", this.model.expanded.includes(node.id())));
      this.cy.edges().toggleClass("named", part.edges.length <= NAMED_EDGES);
    });
    this.arrange(animate);
    this.tell(part);
  }

  private arrange(animate = true): void {
    const make = LAYOUTS[this.layout.value] ?? Object.values(LAYOUTS)[0]!;
    this.cy.layout(make(this.cy, animate && !still.matches)).run();
  }

  /** What is drawn, once more in words: the counts, the relations, the nodes as buttons. */
  private tell(part: Part): void {
    const expanded = new Set(this.model.expanded);
    const counts = new Map<string, number>();
    for (const { category } of part.nodes) counts.set(category, (counts.get(category) ?? 0) + 1);
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    this.legend.replaceChildren(...sorted.flatMap(([category, count]) => [element("span", { class: `category ${category}` }, `${apart(category)} ${count}`), " "]));
    this.left.textContent = part.left > 0 ? `${part.left} more neighbours have fewer claims and are not drawn.` : "";
    this.listSummary.textContent = `The nodes as a list (${part.nodes.length})`;
    const byName = [...part.nodes].sort((a, b) => a.label.localeCompare(b.label));
    this.list.replaceChildren(
      ...byName.map((node) => element("li", {}, button(capitalise(node.label), () => this.choose(node.id)), expanded.has(node.id) ? " expanded" : "")),
    );
    this.relations.replaceChildren(
      this.relations.firstElementChild ?? "",
      ...this.model.relations().map(([relation, label, count]) => {
        const box = element("input", { type: "checkbox", value: relation, checked: !this.model.hidden.has(relation) });
        box.addEventListener("change", () => {
          if (box.checked) this.model.hidden.delete(relation);
          else this.model.hidden.add(relation);
          this.draw();
          this.relations.querySelector<HTMLElement>(`[value="${CSS.escape(relation)}"]`)?.focus();
        });
        return element("label", {}, box, ` ${label} `, element("span", { class: "muted" }, String(count)));
      }),
    );
  }

  private choose(id: string): void {
    const node = this.cy.getElementById(id);
    const about = this.model.nodes.get(id);
    this.cy.elements().unselect();
    node.select();
    const edges = [...this.model.edges.values()].filter((edge) => (edge.source === id || edge.target === id) && !this.cy.getElementById(edge.id).empty());
    const title = capitalise(this.model.label(id));
    const expand = button("Expand", () => void this.expand(id));
    expand.disabled = this.model.expanded.includes(id);
    this.details.replaceChildren(
      element("h3", {}, element("a", { href: entityUrl(id) }, title)),
      element("p", {}, element("span", { class: `category ${about?.category ?? ""}` }, apart(about?.category ?? "")), " ", element("span", { class: "id" }, id)),
      element("p", {}, expand),
      element("ul", { class: "plain small" }, ...edges.slice(0, LISTED).map((edge) => element("li", {}, button(capitalise(sentence(this.model, edge)), () => this.chooseEdge(edge.id), { class: "link" })))),
      ...(edges.length > LISTED ? [element("p", { class: "small muted" }, `and ${edges.length - LISTED} more; the page of the entity has all`)] : []),
    );
    announce(`${title}, ${apart(about?.category ?? "")}, ${edges.length} edges`);
  }

  private chooseEdge(id: string): void {
    const edge = this.model.edges.get(id);
    if (!edge) return;
    this.cy.elements().unselect();
    this.cy.getElementById(id).select();
    this.details.replaceChildren(...aboutEdge(this.model, edge));
    announce(sentence(this.model, edge));
  }

  private zoom(factor: number): void {
    this.cy.zoom({ level: this.cy.zoom() * factor, renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 } });
  }

  private fileName(): string {
    return `graph_${this.model.label(this.entity).replaceAll(/[^\p{L}\p{N}]+/gu, "_")}`;
  }

  private saveSvg(): void {
    const svg = toSvg(this.cy, `Graph around ${this.model.label(this.entity)}`);
    save(new Blob([svg], { type: "image/svg+xml" }), `${this.fileName()}.svg`);
  }

  private async savePng(): Promise<void> {
    const background = getComputedStyle(document.documentElement).getPropertyValue("--paper").trim();
    const picture = await this.cy.png({ output: "blob-promise", full: true, scale: 2, bg: background });
    save(picture, `${this.fileName()}.png`);
  }
}

function aboutEdge(model: Model, edge: GraphEdge): HTMLElement[] {
  const link = (id: string): HTMLElement => element("a", { href: entityUrl(id) }, capitalise(model.label(id)));
  const said: HTMLElement[] = [element("h3", {}, edge.polarity === "denies" ? "What is denied" : "What is said"), element("p", {}, link(edge.source), " – ", element("em", {}, edge.label), " – ", link(edge.target))];
  if (edge.figures.length > 0) said.push(element("p", {}, `Figures: ${edge.figures.join("; ")}`));
  if (edge.claims.length > 0) {
    const claims = edge.claims.map((claim) => element("li", {}, element("a", { href: `/claim/${encodeURIComponent(claim.replace(/^claim:/, ""))}` }, claim)));
    said.push(element("p", {}, "Claims:"), element("ul", { class: "chips small" }, ...claims));
  } else {
    said.push(element("p", { class: "muted" }, "From the ontology; no claim is needed for it."));
  }
  if (edge.sources.length > 0) said.push(element("p", {}, "Sources:"), element("ul", { class: "small" }, ...edge.sources.map((source) => element("li", {}, source))));
  return said;
}

/** MolecularEntity as words: molecular entity. */
function apart(category: string): string {
  return category.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

function wordsOf(error: unknown): string {
  return error instanceof Problem ? error.message : `The graph cannot be drawn: ${String(error)}`;
}

function ask(entity: string): Promise<Neighbourhood> {
  return askJson<Neighbourhood>(`/api/neighbourhood?${new URLSearchParams({ entity })}`);
}

/** Put the graph in the place of the drawing in a figure; the drawing stays where the server has no graph for it. */
export async function drawGraph(figure: HTMLElement): Promise<void> {
  const entity = figure.dataset["graph"] ?? "";
  try {
    new GraphWidget(figure, entity, await ask(entity));
    figure.dataset["graphState"] = "drawn";
  } catch (error) {
    figure.append(element("p", { class: "small muted" }, wordsOf(error)));
  }
}
