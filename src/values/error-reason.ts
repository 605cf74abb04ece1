/** The message of an error and its causes, with the kind of each: `TypeError: fetch failed: connect ECONNREFUSED 127.0.0.1:80`. */
export const reasonOf = (error: unknown): string => {
  const messages: string[] = []
  let at: unknown = error
  for (let depth = 0; at !== undefined && at !== null && depth < 5; depth++) {
    const text = messageOf(at)
    // many errors repeat their cause
    if (!messages.some((earlier) => earlier.includes(text))) messages.push(text)
    at = at instanceof Error ? (at.cause ?? (at instanceof AggregateError ? (at.errors as unknown[])[0] : undefined)) : undefined
  }
  return messages.join(': ')
}

const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error === 'object' ? 'an object was thrown' : `threw ${String(error as string)}`
  const { code } = error as NodeJS.ErrnoException
  const message = error.message || code || error.name
  return error.name === 'Error' || error.message === '' ? message : `${error.name}: ${message}`
}
