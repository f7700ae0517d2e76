console.log(1); void import("cytoscape"); void import("@codemirror/view"); void import("cytoscape-fcose")
