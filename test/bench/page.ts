/** Where everything stands on the page of the visit, CSS px: the visit clicks by place and asks the page nothing. */
export const BUTTONS = Array.from({ length: 20 }, (_, i) => ({
  x: 20 + (i % 5) * 160,
  y: 70 + Math.floor(i / 5) * 50,
}));
export const FIELDS = [0, 1, 2].map((i) => ({ x: 20 + i * 220, y: 300 }));
export const SUBMIT = { x: 700, y: 300 };

/** A page of an application with a router: every contender gets the same, but for its script. */
export function pageFor(path: string, head: string): string {
  if (path.startsWith("/elsewhere")) return `<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,">`;
  const place = ({ x, y }: { x: number; y: number }) => `style="position:absolute;left:${x}px;top:${y}px"`;
  const buttons = BUTTONS.map((at, i) =>
    i % 2 === 0
      ? `<button ${place(at)}>Choose <b>size ${i}</b></button>`
      : `<a href="/item/${i}" ${place(at)}>Look at item ${i}</a>`,
  );
  const fields = FIELDS.map((at, i) => `<label ${place(at)}>Field ${i} <input name="field${i}"></label>`);
  return `<!doctype html><html lang="en"><title>Page ${path}</title>
<link rel="icon" href="data:,">
${head}
<body style="height:4000px"><h1>Shop</h1>
${buttons.join("\n")}
<form id="order" aria-label="Order">${fields.join("\n")}<button ${place(SUBMIT)}>Order now</button></form>
<p id="said" style="position:absolute;top:360px">Nothing yet</p>
<script>
const said = document.getElementById("said");
for (const one of document.querySelectorAll("a,body>button")) one.addEventListener("click", (event) => {
  event.preventDefault();
  said.textContent = "Chosen: " + one.textContent;
});
document.getElementById("order").addEventListener("submit", (event) => {
  event.preventDefault();
  said.textContent = "Ordered";
});
function go(path) {
  history.pushState({}, "", path);
  document.title = "Page " + path;
  document.querySelector("h1").textContent = "Shop, " + path;
  window.bench?.routed();
}
</script>`;
}
