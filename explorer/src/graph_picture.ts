// How a graph looks, on the canvas and as an SVG file of its own: colours from the style sheet, boxes as wide as their words.
import type { Core, NodeSingular, EdgeSingular, StylesheetJson } from "cytoscape";

export const FONT = 12; // px, in the drawing's own measure
export const LINE_HEIGHT = 15;
const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
const SVG = "http://www.w3.org/2000/svg";

const TOKENS: Readonly<Record<string, string>> = {
  Disorder: "--disorder",
  Finding: "--finding",
  Cell: "--cell",
  MolecularEntity: "--molecule",
  Process: "--process",
  DiagnosticTest: "--test",
  Treatment: "--treatment",
  AnatomicalEntity: "--anatomy",
  TreatmentGoal: "--goal",
  OutcomeMeasure: "--outcome",
  CriteriaSet: "--criteria",
};

function colour(token: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
}

function fill(category: string): string {
  return colour(TOKENS[category] ?? "--other");
}

const pen = document.createElement("canvas").getContext("2d");

/** How wide and high a box for these lines is. */
export function measure(lines: readonly string[]): { width: number; height: number } {
  if (pen) pen.font = `bold ${FONT}px ${FAMILY}`;
  const widths = lines.map((line) => pen?.measureText(line).width ?? line.length * FONT * 0.55);
  return { width: Math.ceil(Math.max(...widths)) + 12, height: lines.length * LINE_HEIGHT + 8 };
}

/** The style of the canvas in the colours of now; call it again when the theme changes. */
export function style(): StylesheetJson {
  const ink = colour("--ink");
  const focus = colour("--focus");
  const muted = colour("--muted");
  return [
    {
      selector: "node",
      style: {
        shape: "round-rectangle",
        width: "data(width)",
        height: "data(height)",
        label: "data(text)",
        "background-color": (node: NodeSingular) => fill(node.data("category") as string),
        "border-width": 1,
        "border-color": muted,
        color: colour("--on-fill"),
        "font-family": FAMILY,
        "font-size": FONT,
        "line-height": LINE_HEIGHT / FONT,
        "text-wrap": "wrap",
        "text-max-width": "1000px",
        "text-valign": "center",
        "text-halign": "center",
      },
    },
    { selector: "node.expanded", style: { "border-width": 2.5, "border-color": ink, "font-weight": "bold" } },
    {
      selector: "edge",
      style: {
        width: "data(weight)",
        "curve-style": "bezier",
        "line-color": muted,
        "target-arrow-color": muted,
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.9,
        opacity: 0.55,
        color: ink,
        "font-family": FAMILY,
        "font-size": FONT - 1,
        "text-background-color": colour("--paper"),
        "text-background-opacity": 0.9,
        "text-background-padding": "2px",
        "text-rotation": "autorotate",
      },
    },
    {
      selector: 'edge[polarity = "denies"]',
      style: { "line-style": "dashed", "line-color": colour("--not-met"), "target-arrow-color": colour("--not-met"), opacity: 0.9 },
    },
    { selector: "edge.named", style: { label: "data(label)", opacity: 0.95 } },
    { selector: "edge:selected", style: { label: "data(label)", "line-color": focus, "target-arrow-color": focus, opacity: 1, "z-index": 9 } },
    { selector: "node:selected", style: { "border-width": 4, "border-color": focus, "z-index": 9 } },
  ];
}

/** The drawing as an SVG file: boxes, words and arrows, with the title it is given. */
export function toSvg(cy: Core, title: string): string {
  const box = cy.elements().boundingBox();
  const margin = 12;
  const view = [box.x1 - margin, box.y1 - margin, box.w + 2 * margin, box.h + 2 * margin].map(Math.round);
  const root = shape("svg", { xmlns: SVG, viewBox: view.join(" "), width: view[2] ?? 0, height: view[3] ?? 0, "font-family": FAMILY, "font-size": FONT });
  root.append(words("title", {}, title), arrowHead("said", "--muted"), arrowHead("denied", "--not-met"));
  root.append(shape("rect", { x: view[0] ?? 0, y: view[1] ?? 0, width: "100%", height: "100%", fill: colour("--paper") }));
  cy.edges().forEach((edge) => root.append(drawEdge(edge)));
  cy.nodes().forEach((node) => root.append(drawNode(node)));
  return new XMLSerializer().serializeToString(root);
}

function drawNode(node: NodeSingular): SVGElement {
  const { x, y } = node.position();
  const width = node.data("width") as number;
  const height = node.data("height") as number;
  const lines = (node.data("text") as string).split("\n");
  const group = shape("g", {});
  group.append(
    words("title", {}, node.id()),
    shape("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 6, fill: fill(node.data("category") as string), stroke: colour("--muted") }),
    ...lines.map((line, at) => {
      const middle = y + (at - (lines.length - 1) / 2) * LINE_HEIGHT;
      return words("text", { x, y: middle, "text-anchor": "middle", "dominant-baseline": "central", fill: colour("--on-fill") }, line);
    }),
  );
  return group;
}

function drawEdge(edge: EdgeSingular): SVGElement {
  const from = edge.sourceEndpoint();
  const to = edge.targetEndpoint();
  const bend = edge.controlPoints()?.[0];
  const denied = edge.data("polarity") === "denies";
  const path = shape("path", {
    d: `M${from.x} ${from.y}${bend ? `Q${bend.x} ${bend.y} ` : "L"}${to.x} ${to.y}`,
    fill: "none",
    stroke: colour(denied ? "--not-met" : "--muted"),
    "stroke-width": edge.data("weight") as number,
    "stroke-dasharray": denied ? "6 4" : "none",
    "stroke-opacity": denied ? 0.9 : 0.6,
    "marker-end": denied ? "url(#denied)" : "url(#said)",
  });
  path.append(words("title", {}, edge.data("sentence") as string));
  return path;
}

function arrowHead(id: string, token: string): SVGElement {
  const marker = shape("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" });
  marker.append(shape("path", { d: "M0 0L8 4L0 8z", fill: colour(token) }));
  return marker;
}

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key !== "xmlns") made.setAttribute(key, typeof value === "number" ? String(Math.round(value * 10) / 10) : value);
  }
  return made;
}

function words(name: string, attributes: Readonly<Record<string, string | number>>, text: string): SVGElement {
  const made = shape(name, attributes);
  made.textContent = text;
  return made;
}
