/**
 * What the compiler calls for each element of a surface. The build puts it there in the place of Preact's own `jsx`, which
 * is a second way to make what `createElement` makes: every page would load both.
 */
import { createElement, Fragment } from "preact";

export { createElement, Fragment };
