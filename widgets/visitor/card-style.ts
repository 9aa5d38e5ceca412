/** A card in the corner at the end of the line, as wide as the page where that is narrow. */
export const CARD_CSS = `
:host{inline-size:25em!important;max-inline-size:100%!important;padding:1em!important}
section{border-radius:var(--r);max-block-size:calc(70dvh - 2em)}
.scroll{padding:1em}
.close{z-index:1}
img{vertical-align:top;inline-size:100%;aspect-ratio:16/9;object-fit:contain;margin-block-start:.5em}
.quiet{border-color:currentColor;margin-block-start:.4em}
.quiet:hover{text-decoration:underline}
.action{margin-block:.75em .25em}
small{display:block;font-size:.8125em;margin-block-start:.5em}
.why[aria-expanded]::before{content:"+" / "";display:inline-block;inline-size:1.2em}
.why[aria-expanded=true]::before{content:"−" / ""}
.why{display:block}
@media(max-width:30em){:host{inline-size:100%!important;padding:.5em!important}}
@media(hover:none){.keys{display:none}}
`;
