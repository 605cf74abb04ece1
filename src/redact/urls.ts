import { MASK } from '../values/secret.ts'

/**
 * Masks credentials in addresses: passwords, tokens in place of a user (`https://TOKEN@host`), query values that are named like secrets,
 * and the value of `Authorization:`.
 */
export const maskUrls = (text: string): string => {
  const addresses = text.includes('://') ? text.replace(ADDRESS, maskAddress) : text
  const queries = addresses.includes('=') && /[?&]/.test(addresses) ? addresses.replace(QUERY, `$1${MASK}`) : addresses
  return queries.includes('uthorization') || queries.includes('UTHORIZATION') ? queries.replace(HEADER, `$1${MASK}`) : queries
}

/** `scheme://` and everything up to a blank, or up to the end of a quote or bracket that opens just before the scheme. */
const ADDRESS = /(["'`<(]?)\b([a-z][a-z0-9+.-]*:\/\/)(\S+)/gi
const CLOSING: Readonly<Record<string, string>> = { '"': '"', "'": "'", '`': '`', '<': '>', '(': ')' }
/** The host after the last `@` of an address. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[\p{L}\p{N}_](?:[\p{L}\p{N}._-]*))/iu

/** The version after the `@` of a package, up to the end of the address. */
const VERSION = /^[~^v]?\d+(?:\.\d+){0,2}(?:[-+][\w.+-]*)?(?:\.tgz)?(?:$|[?#"'`<>()[\],;:](?!\d))/

const maskAddress = (_whole: string, quote: string, scheme: string, rest: string): string => {
  const next = NEXT.exec(rest)
  if (next) return maskAddress('', quote, scheme, rest.slice(0, next.index)) + maskUrls(rest.slice(next.index))
  const end = quote === '' ? -1 : closing(rest, CLOSING[quote]!)
  const inside = end < 0 ? rest : rest.slice(0, end)
  const at = userEnd(inside)
  const shown =
    at < 0
      ? inside.replace(CUT, (_, user: string) => `${shownUser(scheme, user)}…`)
      : shownUser(scheme, inside.slice(0, at)) + inside.slice(at)
  return `${quote}${scheme}${shown}${end < 0 ? '' : rest.slice(end)}`
}

/** An address that was cut off before its `@`: what looks like a password or a token counts as one. */
const CUT = /^([^/:@.]+|[^/:@]*:(?!\d{1,5}(?:[/?#]|…)).*)…$/

/** Another address may follow without a blank. */
const NEXT = /["'`<(,;|][a-z][a-z0-9+.-]*:\/\//i

/** The password may contain a closing quote. So the address ends at the first one after the last `@`, or else at the first of all. */
const closing = (rest: string, quote: string): number => {
  const end = rest.indexOf(quote, Math.max(0, userEnd(rest)))
  return end < 0 ? rest.indexOf(quote) : end
}

/** Where the user and password end: at the last `@` that precedes a host and is not in a path. -1 if there are none. */
const userEnd = (rest: string): number => {
  for (let at = rest.lastIndexOf('@'); at > 0; at = rest.lastIndexOf('@', at - 1)) {
    if (!HOST.test(rest.slice(at + 1))) continue
    const user = rest.slice(0, at)
    const slash = user.search(/[/?#]/)
    if (slash < 0) return at
    const before = user.slice(0, slash)
    const [colon, first] = [before.indexOf(':'), before.indexOf('@')]
    // the password in `user:pw@host/a@b` may contain `@host/a`: none of it is shown
    if (first >= 0) return (colon < 0 || colon > first) && /^(?:\[.*\]|[^:]*)(?::\d*)?$/.test(before.slice(first + 1)) ? first : at
    // `host/…@…` and `[::1]/…@…` are paths; `user:pa/ss@host` is a password that should have been encoded
    if (colon < 0 || before.startsWith('[')) continue
    // `host:8080/pkg@1.2` and `host:8080/@scope/pkg` are paths; `user:12/34@host/x` may contain a password
    const port = /^[^:]+:\d*$/.test(before)
    if (!port || (!user.endsWith('/') && !VERSION.test(rest.slice(at + 1)))) return at
  }
  return -1
}

const shownUser = (scheme: string, user: string): string => {
  const colon = user.indexOf(':')
  const name = colon < 0 ? user : user.slice(0, colon)
  const shown = /^(?:git\+)?https?:/i.test(scheme) && !name.includes('@') && isToken(name) ? MASK : name
  return colon < 0 || user.length === colon + 1 ? shown + user.slice(name.length) : `${shown}:${MASK}`
}

/** Whether a user is a token: too long for a name, or letters mixed with digits, or with the prefix of a token. */
const isToken = (user: string): boolean =>
  user !== MASK &&
  (user.length >= 20 ||
    /^(?:gh[a-z]_|github_pat_|glpat-|x-token)/i.test(user) ||
    (user.length >= 10 && /\d/.test(user) && /[a-z]/i.test(user)))

const QUERY =
  /([?&](?:[\w.[\]-]*(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|access[_-]?key|private[_-]?key|signature|credential)|sig|auth|key)=)(?!\[secret\])[^&\s"'`<>#]+/gi
const HEADER = /(\bauthorization["']?\s*[:=]\s*["']?(?:(?:basic|bearer|token)\s+)?)(?!\[secret\]|(?:basic|bearer|token)\s)[^\s"',;]{6,}/gi
