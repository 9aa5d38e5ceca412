/** Scales are rows of cells, of eleven two; a chosen cell is filled and ringed, so that forced colours show it, too. Where little is
 * seen at a time the close button does not stay above the cells. */
export const SURVEY_CSS = `
fieldset{border:0;padding:0;min-inline-size:0;margin-block-start:.5em;border-radius:calc(var(--r)/2)}
fieldset:focus-visible{outline-offset:.3em}
legend{padding:0;font-weight:600}
.scale{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(0,1fr);gap:.25em;margin-block-start:.5em}
.nps{grid-auto-flow:row;grid-template-columns:repeat(6,minmax(0,1fr))}
.scale label{position:relative;display:grid;min-block-size:2.75em;cursor:pointer}
.scale input{position:absolute;inset:0;inline-size:100%;block-size:100%;margin:0;appearance:none;cursor:pointer}
.scale span{display:grid;place-items:center;border:1px solid color-mix(in srgb,var(--t) 55%,var(--b));border-radius:calc(var(--r)/2)}
.scale input:checked+span{background:var(--a);color:var(--o);outline:2px solid var(--t);outline-offset:-4px;font-weight:700;forced-color-adjust:none}
.scale input:focus-visible{outline:0}
.scale input:focus-visible+span{outline:3px solid var(--t);outline-offset:1px}
.ends{display:flex;justify-content:space-between;gap:1em}
.ends,#about{font-size:.875em}
.option{display:flex;align-items:center;gap:.75em;min-block-size:2.75em;cursor:pointer}
.option input{flex:none;inline-size:1.25em;block-size:1.25em;margin:0;accent-color:var(--a)}
textarea{font:inherit;color:inherit;background:none;display:block;inline-size:100%;margin-block-start:.5em;padding:.5em;border:1px solid color-mix(in srgb,var(--t) 55%,var(--b));border-radius:calc(var(--r)/2);resize:vertical}
[aria-invalid=true]{outline:2px solid var(--t);outline-offset:.25em}
.missing:empty{display:none}
.missing{font-weight:600}
.steps{display:flex;flex-wrap:wrap;gap:.5em;margin-block:.75em .25em}
.steps>*{margin:0}
@media(max-height:20em){.close{position:static}}
`;
