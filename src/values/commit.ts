/** Whether a string is a full commit hash: 40 hex digits, or 64 in a SHA-256 repository. */
export const isCommit = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text)

/** A short commit hash, as screens print it: 7 digits or more, in lower case; undefined for anything else. */
export const shortCommit = (text: string): string | undefined =>
  /^[0-9a-f]{7,63}$/i.test(text) && !isCommit(text) ? text.toLowerCase() : undefined
