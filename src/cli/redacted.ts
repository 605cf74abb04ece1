import { cleanText } from '../events/clean.ts'
import { createRedactor } from '../events/redact.ts'

/** Removes secrets, and control sequences except colours, from the few texts that bypass the stream of events. */
export const redactText = (text: string): string => cleanText(createRedactor().text(text), true)
