/** What the shop sells. Prices in pence; `left` is what the warehouse has. */
export const PRODUCTS = [
  {
    id: "tarn-2",
    name: "Tarn 2 tent",
    kind: "Shelter",
    image: "/images/tent.svg",
    alt: "An orange two-person dome tent, its door open",
    pence: 28900,
    left: 14,
    line: "Two people, two porches, 1.9 kg.",
    text: "Goes up in four minutes, inner first or all at once, and has stood through a November week on Haystacks. Porches on both sides, so nobody climbs over anybody.",
    facts: ["Sleeps 2", "Weighs 1.9 kg packed", "Flysheet 4,000 mm", "Repairs free for 5 years"],
  },
  {
    id: "ridge-28",
    name: "Ridge 28 daypack",
    kind: "Packs",
    image: "/images/daypack.svg",
    alt: "A blue rucksack with a front pocket and a tan zip",
    pence: 9400,
    left: 41,
    line: "A day’s kit, a flask, and room for cake.",
    text: "Twenty-eight litres with a back panel that lets air through, a rain cover in its own pocket and hip pockets that close with gloves on.",
    facts: ["28 litres", "Weighs 860 g", "Back length 44 to 51 cm", "Made from old fishing nets"],
  },
  {
    id: "fell-mid",
    name: "Fell Mid boot",
    kind: "Footwear",
    image: "/images/boot.svg",
    alt: "A brown leather walking boot with cream laces",
    pence: 14900,
    left: 3,
    sizes: ["UK 5", "UK 6", "UK 7", "UK 8", "UK 9", "UK 10", "UK 11"],
    line: "Leather that forgives, soles that hold.",
    text: "A three-season boot in 2.2 mm leather, stitched so that the sole can be replaced. Wear them indoors for a week: if they do not fit, send them back.",
    facts: ["Waterproof to the fourth eyelet", "560 g a boot in UK 8", "Can be resoled", "Half sizes on request"],
  },
  {
    id: "beck",
    name: "Beck rain jacket",
    kind: "Clothing",
    image: "/images/jacket.svg",
    alt: "A mustard rain jacket with a hood and two pockets",
    pence: 17900,
    left: 22,
    sizes: ["XS", "S", "M", "L", "XL"],
    line: "For the kind of rain that comes sideways.",
    text: "Three layers, taped seams, a hood that turns with the head and pockets above the hip belt. Fluorine-free, so wash it often: it likes that.",
    facts: ["20,000 mm water column", "410 g in M", "Free of PFAS", "Fits over a fleece"],
  },
  {
    id: "ember",
    name: "Ember gas stove",
    kind: "Cooking",
    image: "/images/stove.svg",
    alt: "A small gas stove with a lit flame on a green canister",
    pence: 5200,
    left: 67,
    line: "Half a litre of tea in three minutes.",
    text: "Folds into a mug, lights without a match and simmers properly. The canister is sold in our shops only: it may not travel by post.",
    facts: ["2,600 W", "Weighs 92 g", "Piezo ignition", "Canister not included"],
  },
  {
    id: "cairn-400",
    name: "Cairn 400 sleeping bag",
    kind: "Sleep",
    image: "/images/sleeping-bag.svg",
    alt: "A purple down sleeping bag, half unzipped",
    pence: 16400,
    left: 0,
    line: "Down to minus five, without the bulk.",
    text: "Four hundred grams of traceable duck down in a cut that lets you turn over. Packs to the size of a loaf.",
    facts: ["Comfort −1 °C, limit −7 °C", "Weighs 890 g", "Fits up to 1.95 m", "Cotton storage sack included"],
  },
];

export function productById(id) {
  return PRODUCTS.find((product) => product.id === id);
}

/** "In stock", "Only 3 left" or "Out of stock". */
export function stockOf({ left }) {
  if (left === 0) return "Out of stock";
  return left < 5 ? `Only ${left} left` : "In stock";
}
