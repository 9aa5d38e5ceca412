import { Component, createRef, type JSX } from "preact";
import type { ChecklistItem } from "../../models/content.ts";
import type { CampaignRequest, OpenCampaign } from "../../models/surface.ts";
import { filled } from "./filled.ts";
import { type End, Frame, spoken } from "./frame.tsx";
import { safeLink } from "./link.ts";
import { openCampaign } from "./open-campaign.ts";

const CSS = `
.why.toggle{font-weight:600;text-decoration:none;padding:0;min-block-size:2.75em}
progress{display:block;inline-size:100%;accent-color:var(--a)}
ul.items{list-style:none;padding:0}
.items li{display:grid;grid-template-columns:1.5em 1fr auto;gap:.25em .5em;align-items:center;min-block-size:2.75em}
.items p{grid-column:2/-1;margin:0;font-size:.875em}
.items a{color:inherit;padding-block:.6em}
.items small{margin:0}
input{inline-size:1.25em;block-size:1.25em;margin:0;accent-color:var(--a);cursor:pointer}
[aria-disabled=true]{cursor:default}
`;

/** Shows a card that stays, and folds to one line. What a touchpoint does is ticked from outside; the rest by hand. */
export function show(request: CampaignRequest<"checklist">): OpenCampaign {
  let list: Checklist | null = null;
  // When all is done closing it is no dismissal.
  const onEnded: End = (how) => request.onEnded(how === "dismissed" && list?.isDone() ? "acted" : how);
  const told = { ...request, onEnded };
  const opened = openCampaign(told, {
    name: "checklist",
    css: CSS,
    view: (end) => (
      <Checklist
        request={request}
        end={end}
        say={(...sentences) => opened.announce(...sentences)}
        onMount={(one) => {
          list = one;
        }}
      />
    ),
    says: [request.content.title],
  });
  opened.root.addEventListener("keydown", (event) => {
    if ((event as KeyboardEvent).key === "Escape" && list?.fold()) event.stopPropagation();
  });
  return { close: opened.close, tick: (item) => list?.tick(item) };
}

interface ChecklistProps {
  request: CampaignRequest<"checklist">;
  end: End;
  say: (...sentences: string[]) => void;
  onMount: (list: Checklist) => void;
}

interface ChecklistState {
  done: readonly string[];
  folded: boolean;
}

class Checklist extends Component<ChecklistProps, ChecklistState> {
  override state: ChecklistState = { done: this.props.request.done ?? [], folded: false };

  #toggle = createRef<HTMLButtonElement>();

  override componentDidMount(): void {
    this.props.onMount(this);
  }

  /** Marks an item as done and says so; one that is done already, or that is not here, changes nothing. */
  tick(id: string): void {
    const { request, say } = this.props;
    const item = request.content.items.find((one) => one.id === id);
    if (!item || this.state.done.includes(id)) return;
    const done = [...this.state.done, id];
    // At once, so that two in one task both count.
    this.state.done = done;
    this.setState({ done });
    say(`${item.label}: ${request.text.done}`, this.isDone() ? request.content.done : progress(request, done));
  }

  /** Whether it was unfolded. The focus is moved, because what had it may go with the fold. */
  fold(): boolean {
    if (this.state.folded) return false;
    this.setState({ folded: true });
    this.#toggle.current?.focus();
    return true;
  }

  isDone(): boolean {
    return this.props.request.content.items.every(({ id }) => this.state.done.includes(id));
  }

  override render({ request, end }: ChecklistProps, { done, folded }: ChecklistState): JSX.Element {
    const { content, onTicked } = request;
    const byHand = (id: string) => {
      this.tick(id);
      onTicked?.(id);
    };
    return (
      <Frame request={request} says={{ title: content.title }} end={end} folded={folded}>
        <button
          type="button"
          class="why toggle"
          ref={this.#toggle}
          aria-expanded={!folded}
          onClick={() => this.setState({ folded: !folded })}
        >
          {progress(request, done)}
        </button>
        {!folded && (
          <>
            <progress aria-labelledby="title" max={content.items.length} value={countOf(content.items, done)} />
            <ul class="items">
              {content.items.map((item, i) => (
                <Item key={item.id} {...{ item, i, request }} isDone={done.includes(item.id)} onTick={byHand} />
              ))}
            </ul>
            {this.isDone() && <p {...spoken(request)}>{content.done}</p>}
          </>
        )}
      </Frame>
    );
  }
}

interface ItemProps {
  item: ChecklistItem;
  i: number;
  request: CampaignRequest;
  isDone: boolean;
  onTick: (id: string) => void;
}

/** Whether it is done is said in words. What a touchpoint does has no box; what is done stays so. */
function Item({ item, i, request, isDone, onTick }: ItemProps): JSX.Element {
  const { label, body, match } = item;
  const href = item.href && safeLink(item.href, location.href);
  const own = spoken(request);
  const id = `item-${i}`;
  const onClick = (event: Event) => {
    if (isDone) event.preventDefault();
    else onTick(item.id);
  };
  return (
    <li>
      {match ? (
        <span aria-hidden="true">{isDone ? "✓" : "○"}</span>
      ) : (
        <input
          type="checkbox"
          id={`tick-${i}`}
          aria-labelledby={id}
          aria-disabled={isDone}
          checked={isDone}
          onClick={onClick}
        />
      )}
      {href ? (
        <a id={id} href={href} {...own}>
          {label}
        </a>
      ) : (
        <label id={id} for={`tick-${i}`} {...own}>
          {label}
        </label>
      )}
      <small>{isDone ? request.text.done : request.text.open}</small>
      {body && <p {...own}>{body}</p>}
    </li>
  );
}

function countOf(items: ChecklistItem[], done: readonly string[]): number {
  return items.filter(({ id }) => done.includes(id)).length;
}

function progress({ text, content }: CampaignRequest<"checklist">, done: readonly string[]): string {
  return filled(text.progress, { n: countOf(content.items, done), all: content.items.length });
}
