import { createRedactor } from '../events/redact.ts'

/** For the few words that do not go through the stream of events. */
export const redactText = (text: string): string => createRedactor().text(text)
