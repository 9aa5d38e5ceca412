/**
 * What both surfaces share. `all: initial` and `!important` because the page's own rules reach the host, and in a
 * shadow root `:host` wins over them only when important. Sizes are em of the visitor's own text size (`medium`), not
 * of the page's root, so 200 % text grows them whatever the page does. The four colours are the whole theme.
 */
export const SHARED_CSS = `
:host{all:initial!important;position:fixed!important;z-index:2147483647!important;inset-block-end:0!important;inset-inline-end:0!important;
box-sizing:border-box!important;font:var(--waypost-font-size,medium)/1.45 var(--waypost-font,system-ui,sans-serif)!important;
--b:var(--waypost-background,#fff);--t:var(--waypost-text,#1b2127);--a:var(--waypost-accent,#155c46);--o:var(--waypost-accent-text,#fff);--r:var(--waypost-radius,12px)}
@media(prefers-color-scheme:dark){:host{--b:var(--waypost-background,#1d2228);--t:var(--waypost-text,#f1f3f5);--a:var(--waypost-accent,#8fd6b8);--o:var(--waypost-accent-text,#10231b)}}
@media(forced-colors:active){:host{--b:Canvas;--t:CanvasText;--a:ButtonFace;--o:ButtonText}}
@media print{:host{display:none!important}}
*{box-sizing:border-box;margin:0;overflow-wrap:anywhere}
section{display:flex;flex-direction:column;background:var(--b);color:var(--t);box-shadow:0 6px 30px #0005;border:1px solid color-mix(in srgb,var(--t) 30%,var(--b))}
.scroll{overflow:auto;min-block-size:0;padding:.25em}
h2,h3{font-size:1.125em;line-height:1.3}
p,ul{margin-block-start:.5em}
ul{padding-inline-start:1.2em}
button,.action{font:inherit;color:inherit;cursor:pointer;border:1px solid #0000;border-radius:calc(var(--r)/2);background:none;min-block-size:2.75em;padding:.4em 1em}
.action{display:inline-flex;align-items:center;justify-content:center;text-align:center;text-decoration:none;font-weight:600;background:var(--a);color:var(--o)}
.action:hover{text-decoration:underline}
.close{float:inline-end;position:sticky;inset-block-start:0;inline-size:2.75em;padding:0;margin-block:-.5em 0;margin-inline:.25em -.5em;background:var(--b)}
.close svg{display:block;margin:auto;inline-size:1.1em;stroke:currentColor;stroke-width:2;stroke-linecap:round}
.why{border:0;padding:.4em 0;text-align:start;text-decoration:underline;text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--t);outline-offset:2px}
section:focus-visible{outline-offset:-5px}
[role=status]{position:fixed;clip-path:inset(50%)}
@media(prefers-reduced-motion:no-preference){section{animation:in .18s ease-out}}
@keyframes in{from{translate:0 1em}}
`;
