import { cleanText } from '../redact/clean.ts'
import { createRedactor } from '../redact/redact.ts'

/** Removes secrets, and control sequences except colours, from the few texts that bypass the stream of events. */
export const redactText = (text: string): string => cleanText(createRedactor().text(text), true)
