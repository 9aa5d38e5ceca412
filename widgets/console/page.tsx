import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** One page of the console: its heading is read out when it comes, and names the tab. */
export function Page({ title, wide, children }: { title: string; wide?: boolean; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Waypost`;
    heading.current?.focus();
  }, [title]);
  return (
    <main class={wide ? "wide" : "card"}>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </main>
  );
}

/** A moment, as its reader's own clock has it. */
export function Moment({ at }: { at: number }) {
  const date = new Date(at);
  const text = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" }).format(date);
  return <time dateTime={date.toISOString()}>{text}</time>;
}
