/** What is wrong with a umask, in words that follow its name; undefined if nothing is. It is octal digits as text: `'0027'`. */
export const umaskProblem = (value: unknown): string | undefined => {
  if (typeof value === 'number') return `is octal digits in quotes: write ${asText(value)}`
  if (typeof value === 'string' && /^0?[0-7]{3}$/.test(value)) return undefined
  return `is three or four octal digits in quotes, such as '0027', not ${JSON.stringify(value) ?? String(value)}`
}

/** A number has lost how it was written: 23 is `0o27`, and may also be meant as the digits 023. */
const asText = (value: number): string => {
  const digits = (text: string): string => `'${text.padStart(4, '0')}'`
  const [octal, typed] = [value.toString(8), String(value)]
  if (!/^[0-7]{1,3}$/.test(octal)) return "'0027', for example"
  return octal === typed || !/^[0-7]{1,3}$/.test(typed)
    ? digits(octal)
    : `${digits(octal)} for 0o${octal}, or ${digits(typed)} for ${typed}`
}

/** The permission bits that remain under a umask. */
export const underUmask = (mode: number, umask: string | undefined): number =>
  umask === undefined ? mode : mode & ~Number.parseInt(umask, 8)
