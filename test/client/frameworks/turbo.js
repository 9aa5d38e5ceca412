/** Turbo Drive: takes over links, and replaces the body of the page. */
import "@hotwired/turbo";
