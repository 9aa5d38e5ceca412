/**
 * A bar along the bottom. The text scrolls and the choices stay, at 320 × 256 px too, and part of the page is still
 * seen (B5). Below 15 lines' height (320 × 256 px at 200 % text) all of it scrolls. In media queries an em is the
 * visitor's own text size.
 */
export const BANNER_CSS = `
:host{inset-inline-start:0!important}
section{border-width:1px 0 0;max-block-size:60vh;max-block-size:60dvh;padding-block:.75em}
.scroll,.choices{padding-inline:1em}
.choices{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.75em;padding-block:.5em .25em;flex:none}
@media(max-width:17em){.choices{grid-template-columns:1fr;gap:.4em}}
@media(max-height:15em){section{display:block;overflow:auto}}
@media(min-width:60em){section{flex-direction:row;justify-content:center;align-items:center}.scroll{align-self:stretch;flex:0 1 44em}.choices{inline-size:24em}.close{position:absolute;inset-block-start:.5em;inset-inline-end:.5em;margin:0}}
`;
