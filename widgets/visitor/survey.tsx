import { Component, createRef, type JSX } from "preact";
import type { QuestionContent } from "../../models/content.ts";
import type { CampaignRequest, Surface, SurveyAnswer } from "../../models/surface.ts";
import { filled } from "./filled.ts";
import { type End, Frame, spoken } from "./frame.tsx";
import { openCampaign } from "./open-campaign.ts";
import { Question } from "./question.tsx";
import { SURVEY_CSS } from "./survey-style.ts";

type Answer = SurveyAnswer["value"];

/** Shows one question after the other in a card. Closing it before the last answer dismisses it; what was answered is told. */
export function show(request: CampaignRequest<"survey">): Surface {
  let done = false;
  const onDone = () => {
    done = true;
  };
  // After the last answer closing it is no dismissal.
  const onEnded: End = (how) => request.onEnded(done && how === "dismissed" ? "acted" : how);
  const asked = { ...request, onEnded };
  const opened = openCampaign(asked, {
    name: "survey",
    css: SURVEY_CSS,
    view: (end) => <Survey {...{ request, end, onDone }} say={(sentence) => opened.announce(sentence)} />,
    says: [request.content.title],
  });
  return opened;
}

interface SurveyProps {
  request: CampaignRequest<"survey">;
  end: End;
  say: (sentence: string) => void;
  onDone: () => void;
}

interface SurveyState {
  /** Of the question that is shown; as many as there are: all are answered. */
  at: number;
  given: Record<string, Answer>;
  missing: boolean;
}

class Survey extends Component<SurveyProps, SurveyState> {
  override state: SurveyState = { at: 0, given: {}, missing: false };

  #form = createRef<HTMLFormElement>();

  /** After the visitor's own press the focus goes to what it brought; at first it stays where it is. */
  override componentDidUpdate(_: SurveyProps, before: SurveyState): void {
    const { at, missing } = this.state;
    const { current } = this.#form;
    if (at !== before.at) (current?.querySelector("fieldset") ?? current?.closest("section"))?.focus();
    else if (missing && !before.missing) current?.querySelector<HTMLElement>("input,textarea")?.focus();
  }

  #go(at: number): void {
    const { request, say, onDone } = this.props;
    const { questions, thanks } = request.content;
    this.setState({ at, missing: false });
    if (at < questions.length) say(progress(request, at));
    else {
      say(thanks);
      onDone();
    }
  }

  #answer(question: QuestionContent): void {
    const value = this.state.given[question.id];
    const { request, say } = this.props;
    if (isEmpty(value)) {
      if (question.optional) this.#go(this.state.at + 1);
      else {
        this.setState({ missing: true });
        say(request.text.required);
      }
      return;
    }
    request.onAnswered?.({ question: question.id, value: typeof value === "string" ? value.trim() : value });
    this.#go(this.state.at + 1);
  }

  override render({ request, end }: SurveyProps, { at, given, missing }: SurveyState): JSX.Element {
    const { text, content } = request;
    const { questions, thanks, title } = content;
    const question = questions[at];
    const onSubmit = (event: Event) => {
      event.preventDefault();
      if (question) this.#answer(question);
      else end("acted");
    };
    const next = question?.optional && isEmpty(given[question.id]) ? text.skip : text.next;
    return (
      <Frame request={request} says={{ title }} end={end}>
        <form noValidate ref={this.#form} onSubmit={onSubmit}>
          {question ? (
            <>
              <p>{progress(request, at)}</p>
              <Question
                key={question.id}
                {...{ question, request, missing }}
                value={given[question.id]}
                onChange={(value) => this.setState({ given: { ...given, [question.id]: value }, missing: false })}
              />
            </>
          ) : (
            <p {...spoken(request)}>{thanks}</p>
          )}
          <div class="steps">
            {question && at > 0 && (
              <button type="button" class="quiet" onClick={() => this.#go(at - 1)}>
                {text.back}
              </button>
            )}
            <button type="submit" class="action">
              {question ? next : text.finish}
            </button>
          </div>
        </form>
      </Frame>
    );
  }
}

function progress({ text, content }: CampaignRequest<"survey">, at: number): string {
  return filled(text.question, { n: at + 1, all: content.questions.length });
}

function isEmpty(value: Answer | undefined): value is undefined {
  return (
    value === undefined ||
    (typeof value === "string" ? value.trim() : value) === "" ||
    (Array.isArray(value) && value.length === 0)
  );
}
