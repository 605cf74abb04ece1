/**
 * One argument of a stanza, or one word of `exec`, which Upstart passes to `/bin/sh -c` if it contains a quote. Upstart and the shell agree
 * on double quotes and the backslashes in them; in single quotes, Upstart interprets backslashes and the shell does not.
 */
export const quoted = (word: string): string => (/^[\w@%+:,./-]+$/.test(word) ? word : `"${word.replaceAll(/[\\"$`]/g, '\\$&')}"`)

/** `env NAME=VALUE`: nothing is expanded, so only quotes and backslashes are special. */
export const assignment = (name: string, value: string | number): string => {
  const text = String(value)
  return /^[\w@%+:,./-]*$/.test(text) ? `${name}=${text}` : `${name}="${text.replaceAll(/[\\"]/g, '\\$&')}"`
}
