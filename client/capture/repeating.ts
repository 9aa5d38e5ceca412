import type { Clicked } from "./click.ts";
import { attribute, fits } from "./element.ts";

/** What draws or plays by itself: nothing of what a click does there can be seen in the page. */
const SELF_DRAWN = [
  "canvas,video,audio,[role=application]",
  // Maps and players, by the class that their libraries give them.
  ".leaflet-container,.mapboxgl-map,.maplibregl-map,.gm-style,.ol-viewport,.cesium-viewer,.video-js,.jwplayer,.plyr",
].join();

/** What is clicked, or clicked into, many times in a row. */
const STEPPED = [
  "input:not([type=button],[type=submit],[type=reset],[type=image],[type=checkbox],[type=radio]),textarea,select",
  "[role=slider],[role=spinbutton],[role=scrollbar]",
  "[aria-roledescription*=carousel i],[aria-roledescription*=slide i]",
  ".carousel,.swiper,.slick-slider,.splide,.glide",
].join();
const NUMBER = "input[type=number],input[inputmode=numeric],[role=spinbutton],[role=slider]";

const SIGN = /^[-+−–×<>‹›«»←→↑↓▲▼◀▶❮❯]+$/;
const STEP_WORD =
  /plus|minus|increase|decrease|increment|decrement|stepper|quantity|qty|zoom|carousel|slider|month|year|calendar|undo|redo|keypad|numpad|volume/i;
const TURN_WORD = /next|prev|forward|backward/i;

export function isSelfDrawn(path: readonly Element[]): boolean {
  return path.some((element) => fits(element, SELF_DRAWN));
}

/**
 * Whether people click there quickly and are content: steppers, sliders, carousels, maps, players, text. "Next" and
 * "previous" turn carousels, but in a form they lead on, and who clicks one in vain is stuck.
 */
export function isMadeForRepeating({ path, element, name }: Clicked): boolean {
  if (isSelfDrawn(path) || path.some((each) => fits(each, STEPPED))) return true;
  const button = element ?? path[0];
  if (!button) return false;
  const within = path.slice(0, path.indexOf(button) + 1);
  const words = within.flatMap((each) => ["class", "id", "aria-label", "title"].map((key) => attribute(each, key)));
  const called = name();
  // One character is a sign, or a key.
  if (SIGN.test(called) || /^.$/u.test(called) || setsNumber(button)) return true;
  if ([called, ...words].some((word) => STEP_WORD.test(word)) || !button.isConnected) return true;
  return !path.some((each) => fits(each, "form")) && [called, ...words].some((word) => TURN_WORD.test(word));
}

/** A button beside a number, or one that says that it controls one. */
function setsNumber(button: Element): boolean {
  const controlled = attribute(button, "aria-controls").split(/\s+/);
  const named = controlled.map((id) => (id ? document.getElementById(id) : null));
  const beside = [button.previousElementSibling, button.nextElementSibling];
  return [...beside, ...named].some((each) => each && fits(each, NUMBER));
}
