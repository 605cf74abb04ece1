import { cleanText } from '../events/clean.ts'
import { createRedactor } from '../events/redact.ts'

/** For the few words that do not go through the stream of events: without secrets or control sequences. */
export const redactText = (text: string): string => cleanText(createRedactor().text(text), true)
