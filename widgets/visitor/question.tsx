import type { JSX } from "preact";
import type { QuestionContent, QuestionKind } from "../../models/content.ts";
import type { CampaignRequest, SurveyAnswer } from "../../models/surface.ts";
import { filled } from "./filled.ts";
import { spoken } from "./frame.tsx";

const TEXT_MAX = 500;
/** First and last of each scale. */
const SCALES: Partial<Record<QuestionKind, [number, number]>> = { nps: [0, 10], csat: [1, 5], ces: [1, 7] };

interface QuestionProps {
  question: QuestionContent;
  request: CampaignRequest<"survey">;
  value: SurveyAnswer["value"] | undefined;
  /** Whether an answer was needed and there is none. */
  missing: boolean;
  onChange: (value: SurveyAnswer["value"]) => void;
}

/** What stands below it: about a scale or a field, and what is missing. */
function describedBy({ question, missing }: QuestionProps): string | undefined {
  const about = question.kind === "text" || question.low || question.high;
  return [about && "about", missing && "missing"].filter(Boolean).join(" ") || undefined;
}

/** One question in a group of its own, with native radios, checkboxes or field: their keys are the browser's. */
export function Question(props: QuestionProps): JSX.Element {
  const { question, request, missing } = props;
  const { kind, label } = question;
  const Kind = SCALES[kind] ? Scale : kind === "text" ? Words : Options;
  // The one of the three that may be wrong as a group.
  const isRadio = kind !== "text" && kind !== "multiple";
  return (
    <fieldset
      tabIndex={-1}
      role={isRadio ? "radiogroup" : undefined}
      aria-invalid={isRadio && missing ? true : undefined}
      aria-labelledby="question"
      aria-describedby={describedBy(props)}
    >
      <legend id="question" {...spoken(request)}>
        {label}
      </legend>
      <Kind {...props} />
      <p id="missing" class="missing">
        {missing && request.text.required}
      </p>
    </fieldset>
  );
}

function Words(props: QuestionProps): JSX.Element {
  const { request, value = "", missing, onChange } = props;
  const { text } = request;
  const written = String(value);
  return (
    <>
      <textarea
        rows={3}
        maxLength={TEXT_MAX}
        aria-labelledby="question"
        aria-describedby={describedBy(props)}
        aria-invalid={missing}
        value={written}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <p id="about">
        {text.personal} {filled(text.length, { n: written.length, all: TEXT_MAX })}
      </p>
    </>
  );
}

function Scale({ question, request, value, onChange }: QuestionProps): JSX.Element {
  const [first, last] = SCALES[question.kind] as [number, number];
  const { low, high } = question;
  const values = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return (
    <>
      <div class={`scale ${question.kind}`}>
        {values.map((one) => (
          <label key={one}>
            <input type="radio" name="answer" checked={value === one} onChange={() => onChange(one)} />
            <span>{one}</span>
          </label>
        ))}
      </div>
      {(low || high) && (
        <p id="about" class="ends" {...spoken(request)}>
          {low && <span>{`${first}: ${low}`}</span>} {high && <span>{`${last}: ${high}`}</span>}
        </p>
      )}
    </>
  );
}

function Options({ question, request, value, missing, onChange }: QuestionProps): JSX.Element {
  const chosen = Array.isArray(value) ? value : [];
  const isMultiple = question.kind === "multiple";
  const choose = (id: string, on: boolean) => {
    const others = isMultiple ? chosen.filter((one) => one !== id) : [];
    onChange(on ? [...others, id] : others);
  };
  return (
    <>
      {question.options?.map(({ id, label }) => (
        <label key={id} class="option" {...spoken(request)}>
          <input
            type={isMultiple ? "checkbox" : "radio"}
            name="answer"
            aria-invalid={isMultiple && missing ? true : undefined}
            checked={chosen.includes(id)}
            onChange={({ currentTarget }) => choose(id, currentTarget.checked)}
          />
          <span>{label}</span>
        </label>
      ))}
    </>
  );
}
