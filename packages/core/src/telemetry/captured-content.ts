import type { SpanContent, SpanInfo, SpanOperation } from '../ports/telemetry.js';

/** One piece of content that is about to be kept. */
export interface CapturedContent {
  readonly operation: SpanOperation;
  /** That of the span: the workflow, step, agent, model or tool. */
  readonly name: string;
  /** The attribute that it becomes: `gen_ai.input.messages`, `drawloom.output`, `exception.message` … */
  readonly attribute: string;
  readonly value: unknown;
}

/**
 * What is kept of a piece of content: what it returns, as text or as JSON; `undefined` keeps nothing. It must not change the
 * value, which is the run's own. Where it throws nothing is kept.
 */
export type RedactContent = (content: CapturedContent) => unknown;

/** The standard switch for content. */
const VARIABLE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
/** What it may say for content on spans. (`event_only` is for log records, which Drawloom does not write.) */
const ON = ['true', '1', 'span_only', 'span_and_event'];

/** Whether content is kept where nobody says so: as the environment has it, else not. */
export function isCapturingByDefault(env: NodeJS.ProcessEnv = process.env): boolean {
  return ON.includes((env[VARIABLE] ?? '').trim().toLowerCase());
}

/** Turns content into attributes. What cannot be redacted, or written as JSON, is left out. */
export class ContentWriter {
  readonly #redact: RedactContent | undefined;

  constructor(redact: RedactContent | undefined) {
    this.#redact = redact;
  }

  inputOf({ content, ...info }: SpanInfo): Record<string, string> {
    return this.#attributes(info, () => content?.input?.());
  }

  outputOf({ content, ...info }: SpanInfo, value: unknown): Record<string, string> {
    return this.#attributes(info, () => content?.output?.(value));
  }

  /** One piece; `undefined` where nothing of it is kept. */
  textOf({ operation, name }: Omit<SpanInfo, 'content'>, attribute: string, value: unknown): string | undefined {
    try {
      const kept =
        this.#redact === undefined ? value : this.#redact(Object.freeze({ operation, name, attribute, value }));
      return typeof kept === 'string' ? kept : JSON.stringify(kept, (_, part: unknown) => jsonable(part));
    } catch {
      return undefined;
    }
  }

  #attributes(
    info: Omit<SpanInfo, 'content'>,
    content: () => ReturnType<NonNullable<SpanContent['input']>> | undefined,
  ) {
    const attributes: Record<string, string> = {};
    try {
      for (const [attribute, value] of Object.entries(content() ?? {})) {
        const text = this.textOf(info, attribute, value);
        if (text !== undefined) attributes[attribute] = text;
      }
    } catch {
      // Content that cannot be looked at is left out.
    }
    return attributes;
  }
}

function jsonable(part: unknown): unknown {
  if (typeof part === 'bigint') return String(part);
  if (part instanceof Map) return [...part];
  return part instanceof Set ? [...part] : part;
}
