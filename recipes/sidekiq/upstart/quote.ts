/**
 * One argument of a stanza, or one word of `exec`, which Upstart gives to `/bin/sh -c` when it has a quote in it. Both read double
 * quotes and the backslashes in them alike; in single quotes Upstart reads backslashes and a shell does not.
 */
export const quoted = (word: string): string => (/^[\w@%+:,./-]+$/.test(word) ? word : `"${word.replaceAll(/[\\"$`]/g, '\\$&')}"`)

/** `env NAME=VALUE`: nothing is expanded, so that only quotes and backslashes are special. */
export const assignment = (name: string, value: string | number): string => {
  const text = String(value)
  return /^[\w@%+:,./-]*$/.test(text) ? `${name}=${text}` : `${name}="${text.replaceAll(/[\\"]/g, '\\$&')}"`
}
