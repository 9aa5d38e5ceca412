/**
 * A dialog in the middle of the page; all of a narrow page. Title and buttons stay, what stands between them scrolls. A
 * switch is drawn by border and knob, so that forced colours leave it a shape.
 */
export const CENTRE_CSS = `
dialog{--l:1px solid color-mix(in srgb,var(--t) 25%,var(--b));position:fixed;inset:0;margin:auto;padding:0;inline-size:min(42em,100%);max-inline-size:100%;block-size:fit-content;max-block-size:min(52em,100vh - 2em);background:var(--b);color:var(--t);border:var(--l);border-radius:var(--r)}
dialog[open]{display:flex;flex-direction:column}
dialog::backdrop{background:#0009}
.head,.scroll,.choices{padding:.75em 1.25em}
.head{display:flex;align-items:center;justify-content:space-between;border-block-end:var(--l)}
.close{margin:0 0 0 .5em}
h2:focus-visible{outline-width:2px}
h3{font-size:1em}
.scroll{flex:1;overscroll-behavior:contain}
fieldset{border:0;padding:0;min-inline-size:0}
.purpose{display:grid;grid-template-columns:1fr auto;align-items:center;column-gap:1em;padding-block:.6em;border-block-end:var(--l)}
label{font-weight:650;cursor:pointer;padding-block:.4em}
.purpose p{grid-column:1/-1;margin:0}
[role=switch]{appearance:none;forced-color-adjust:none;position:relative;margin:.5em 0;inline-size:3.25em;block-size:1.875em;border:2px solid var(--t);border-radius:1em;background:var(--b);cursor:pointer}
[role=switch]::before{content:"";position:absolute;inset-block-start:.1875em;inset-inline-start:.1875em;inline-size:1.25em;block-size:1.25em;border-radius:50%;background:var(--t)}
[role=switch]:checked{background:var(--a)}
[role=switch]:checked::before{inset-inline-start:1.5em;background:var(--o)}
[role=switch]:disabled{border-style:dotted;cursor:default}
section{display:block;box-shadow:none;animation:none;border:var(--l);border-radius:calc(var(--r)/2);padding:.75em 1em;margin-block:1em .5em}
.quiet{border-color:var(--t);margin-block-start:.75em}
.quiet:hover{text-decoration:underline}
a.why{display:inline-block;color:inherit}
.choices{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.6em;border-block-start:var(--l)}
.choices :first-child{grid-column:1/-1}
@media(max-width:30em){dialog{inline-size:100%;block-size:100vh;block-size:100dvh;max-block-size:100%;border:0;border-radius:0}.head,.scroll,.choices{padding-inline:1em}}
@media(max-width:17em){.choices{grid-template-columns:1fr}}
@media(max-height:26em){dialog[open]{display:block;overflow:auto}}
`;
