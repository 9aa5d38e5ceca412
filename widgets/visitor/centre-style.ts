/**
 * A dialog in the middle of the page; all of a narrow page. The three buttons stay, what stands above them scrolls. A
 * switch is drawn by border and knob, so that forced colours leave it a shape.
 */
export const CENTRE_CSS = `
dialog{position:fixed;inset:0;margin:auto;padding:0;inline-size:min(42em,100%);max-inline-size:100%;block-size:fit-content;max-block-size:min(52em,100vh - 2em);background:var(--b);color:var(--t);border:1px solid color-mix(in srgb,var(--t) 30%,var(--b));border-radius:var(--r);box-shadow:0 6px 30px #0005}
dialog[open]{display:flex;flex-direction:column}
dialog::backdrop{background:#0009}
.scroll{padding:1em 1.25em;overscroll-behavior:contain}
h2{font-size:1.25em}
h3{font-size:1em;line-height:1.3;font-weight:650;margin-block-start:1.25em}
fieldset{border:0;padding:0;min-inline-size:0}
.purpose{display:grid;grid-template-columns:1fr auto;align-items:center;column-gap:1em;padding-block:.75em;border-block-end:1px solid color-mix(in srgb,var(--t) 20%,var(--b))}
label{font-weight:650;cursor:pointer;padding-block:.4em}
.purpose p{grid-column:1/-1;margin:0}
input{appearance:none;forced-color-adjust:none;position:relative;margin:.5em 0;inline-size:3.25em;block-size:1.875em;border:2px solid var(--t);border-radius:1em;background:var(--b);cursor:pointer}
input::before{content:"";position:absolute;inset-block-start:.1875em;inset-inline-start:.1875em;inline-size:1.25em;block-size:1.25em;border-radius:50%;background:var(--t)}
input:checked{background:var(--t)}
input:checked::before{inset-inline-start:1.5em;background:var(--b)}
input:disabled{border-style:dotted;cursor:default}
.choices{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.6em;padding:.75em 1.25em;flex:none;border-block-start:1px solid color-mix(in srgb,var(--t) 30%,var(--b))}
.choices :first-child{grid-column:1/-1}
.links{display:flex;flex-wrap:wrap;column-gap:1.5em;margin-block-start:1em}
a.why{color:inherit;display:inline-block;min-block-size:2.75em;box-sizing:border-box}
@media(max-width:30em){dialog{inline-size:100%;block-size:100vh;block-size:100dvh;max-block-size:100%;border:0;border-radius:0}.scroll,.choices{padding-inline:1em}.scroll{flex:1}}
@media(max-width:17em){.choices{grid-template-columns:1fr}}
@media(max-height:26em){dialog[open]{display:block;overflow:auto}}
`;
